//! The case generators: what classes claim, ids, counts, permanence.

use lossproof::cases::{
    Case, CaseError, CaseId, InputSignature, KeptCases, OpSignature, Role, Tensor, Tier, applies,
    case, case_count, claim_holds, class_named, classes,
};
use lossproof_numerics::Dtype;
use lossproof_oracle::formula::Shape;

const SEED: u64 = 0;

fn signature(op: &str, roles: &[(&str, Role)]) -> OpSignature {
    let input = |&(name, role): &(&str, Role)| InputSignature {
        name: name.to_owned(),
        role,
        shape: match role {
            Role::Label => Shape::Index,
            _ => Shape::ROW,
        },
    };
    OpSignature {
        op: op.to_owned(),
        inputs: roles.iter().map(input).collect(),
        kept: KeptCases::default(),
    }
}

fn softmax() -> OpSignature {
    signature("softmax", &[("logits", Role::Logits)])
}

fn sparse() -> OpSignature {
    let roles = [("logits", Role::Logits), ("label", Role::Label)];
    signature("sparse_softmax_cross_entropy_with_logits", &roles)
}

fn divergence() -> OpSignature {
    let roles = [("p", Role::Probabilities), ("q", Role::Probabilities)];
    signature("kl_divergence", &roles)
}

fn signatures() -> Vec<OpSignature> {
    let dense = [("logits", Role::Logits), ("labels", Role::Labels)];
    vec![
        softmax(),
        signature("softmax_cross_entropy_with_logits", &dense),
        sparse(),
        signature("sigmoid_cross_entropy_with_logits", &dense),
        divergence(),
        signature(
            "softmax_grad_logits",
            &[("logits", Role::Logits), ("upstream", Role::Upstream)],
        ),
        signature("own", &[("x", Role::Real), ("y", Role::Real)]),
        signature(
            "reversed",
            &[("labels", Role::Labels), ("logits", Role::Logits)],
        ),
    ]
}

fn id(op: &str, dtype: Dtype, class: &str, index: u32) -> CaseId {
    CaseId {
        op: op.to_owned(),
        dtype,
        class: class.to_owned(),
        index,
    }
}

/// The cases of a tier, class by class, up to `count` of each.
fn each_case(tier: Tier, dtype: Dtype, count: u32, mut visit: impl FnMut(&OpSignature, &Case)) {
    for signature in signatures() {
        for class in classes() {
            let count = case_count(&signature, dtype, class, tier).min(count);
            for index in 0..count {
                let id = id(&signature.op, dtype, class.name, index);
                visit(&signature, &case(&signature, &id, SEED).unwrap());
            }
        }
    }
}

fn all_bits(case: &Case) -> Vec<u64> {
    let bits = |tensor: &Tensor| -> Vec<u64> {
        let numbers = tensor.numbers().iter().map(|x| x.to_bits());
        let indices = tensor.indices().iter().map(|index| index.cast_unsigned());
        numbers.chain(indices).collect()
    };
    case.inputs.iter().flat_map(bits).collect()
}

/// Every case of a tier is what its class claims; returns how many there were.
fn claims_hold(tier: Tier, dtype: Dtype) -> usize {
    let mut cases = 0;
    let mut refusals = Vec::new();
    each_case(tier, dtype, u32::MAX, |signature, case| {
        refusals.extend(claim_holds(case, signature).err());
        cases += 1;
    });
    assert!(
        refusals.is_empty(),
        "{} refused:\n{}",
        refusals.len(),
        refusals.join("\n")
    );
    cases
}

#[test]
fn quick_f16_cases_are_what_their_classes_claim() {
    assert!(claims_hold(Tier::Quick, Dtype::F16) > 10_000);
}

#[test]
fn quick_bf16_cases_are_what_their_classes_claim() {
    assert!(claims_hold(Tier::Quick, Dtype::Bf16) > 10_000);
}

#[test]
fn quick_f32_cases_are_what_their_classes_claim() {
    assert!(claims_hold(Tier::Quick, Dtype::F32) > 10_000);
}

#[test]
fn quick_f64_cases_are_what_their_classes_claim() {
    assert!(claims_hold(Tier::Quick, Dtype::F64) > 10_000);
}

#[test]
#[ignore = "minutes: the full tier with its longest rows"]
fn full_cases_are_what_their_classes_claim() {
    for dtype in Dtype::ALL {
        let cases = claims_hold(Tier::Full, dtype);
        assert!(cases > 50_000, "{cases} cases");
    }
}

#[test]
fn another_seed_keeps_the_claims_and_changes_the_values() {
    let signature = &signatures()[1];
    let mut different = 0;
    for class in classes().iter().filter(|class| applies(signature, class)) {
        for index in 0..60 {
            let id = id(&signature.op, Dtype::F32, class.name, index);
            let (one, two) = (
                case(signature, &id, 1).unwrap(),
                case(signature, &id, 2).unwrap(),
            );
            claim_holds(&one, signature).unwrap();
            claim_holds(&two, signature).unwrap();
            different += usize::from(all_bits(&one) != all_bits(&two));
        }
    }
    assert!(different > 500, "only {different} differ");
}

#[test]
fn claims_reject_cases_of_another_class() {
    let signature = softmax();
    for class in [
        "huge_logits",
        "zeros",
        "one_dominant",
        "masked",
        "non_finite",
        "subnormal_inputs",
    ] {
        let mut case = case(&signature, &id("softmax", Dtype::F32, "ordinary", 9), SEED).unwrap();
        case.id.class = class.to_owned();
        let refusal = claim_holds(&case, &signature).unwrap_err();
        assert!(refusal.contains(class), "{refusal}");
    }
    let foreign = Case::of_rows(
        id("softmax", Dtype::F16, "ordinary", 0),
        vec![Tensor::Row(vec![0.1])],
    );
    assert!(
        claim_holds(&foreign, &signature)
            .unwrap_err()
            .contains("no value of f16")
    );
}

/// The classes that came after the first bounds were recorded.
const SECOND_GENERATION: [&str; 6] = [
    "probabilities_as_logits",
    "logits_as_probabilities",
    "single_class",
    "near_certainty",
    "cancelling_sum",
    "hinge_margin",
];

/// The classes that the self-proof asked for.
const THIRD_GENERATION: [&str; 2] = ["nan_beside_zero_label", "late_label"];

/// FNV-1a over every bit of the first cases of every class: changes only when cases change, and then on purpose.
#[test]
fn cases_are_permanent() {
    let mut hashes = [0xcbf2_9ce4_8422_2325_u64; 3];
    for dtype in Dtype::ALL {
        each_case(Tier::Quick, dtype, 40, |signature, case| {
            let class = case.id.class.as_str();
            // Stagnation reached real numbers later.
            let later = SECOND_GENERATION.contains(&class)
                || (class == "stagnation" && signature.has(Role::Real));
            let latest = THIRD_GENERATION.contains(&class);
            let hash = &mut hashes[usize::from(later) + 2 * usize::from(latest)];
            for byte in all_bits(case).into_iter().flat_map(u64::to_le_bytes) {
                *hash = (*hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
            }
        });
    }
    let [first, second, third] = hashes;
    assert_eq!(first, 0x9586_e438_6e95_328a, "cases changed: {first:#018x}");
    assert_eq!(
        second, 0xbcbb_a035_5182_6244,
        "cases changed: {second:#018x}"
    );
    assert_eq!(third, 0x6677_f0f6_0f8f_48b4, "cases changed: {third:#018x}");
}

#[test]
fn an_id_gives_the_same_bits_again() {
    let signature = softmax();
    let id: CaseId = "softmax/f32/huge_logits/00017".parse().unwrap();
    let (first, second) = (
        case(&signature, &id, 5).unwrap(),
        case(&signature, &id, 5).unwrap(),
    );
    assert_eq!(all_bits(&first), all_bits(&second));
    assert_ne!(
        all_bits(&first),
        all_bits(&case(&signature, &id, 6).unwrap())
    );
}

#[test]
fn ids_round_trip_and_have_one_spelling() {
    for text in [
        "softmax/f32/huge_logits/00017",
        "a/bf16/b/99999",
        "a/f64/b/123456",
    ] {
        assert_eq!(text.parse::<CaseId>().unwrap().to_string(), text);
    }
    for (text, remedy) in [
        ("softmax/f32/huge_logits", "op/dtype/class/index"),
        ("softmax/f32/huge_logits/00017/", "op/dtype/class/index"),
        ("softmax/f31/huge_logits/00017", "the dtypes are"),
        ("softmax/f32/huge_logits/17", "five digits"),
        ("softmax/f32/huge_logits/+0017", "five digits"),
        ("softmax/f32/huge_logits/000017", "five digits"),
        ("softmax/f32/huge_logits/99999999999", "five digits"),
        ("Softmax/f32/huge_logits/00017", "lower-case"),
        ("softmax/f32//00017", "lower-case"),
    ] {
        let message = text.parse::<CaseId>().unwrap_err().to_string();
        assert!(
            message.contains(remedy) && message.contains(text),
            "{message}"
        );
    }
}

#[test]
fn what_does_not_exist_is_named() {
    let signature = softmax();
    let at =
        |op, class, index| case(&signature, &id(op, Dtype::F32, class, index), SEED).unwrap_err();
    assert!(matches!(
        at("softmax", "hugelogits", 0),
        CaseError::UnknownClass { .. }
    ));
    assert!(
        at("softmax", "hugelogits", 0)
            .to_string()
            .contains("huge_logits")
    );
    assert!(matches!(
        at("sigmoid", "zeros", 0),
        CaseError::OtherOp { .. }
    ));
    let message = at("softmax", "one_hot", 0).to_string();
    assert!(
        message.contains("labels") && message.contains("one_hot") && message.contains("softmax")
    );
    let count = case_count(
        &signature,
        Dtype::F32,
        class_named("zeros").unwrap(),
        Tier::Full,
    );
    assert!(
        at("softmax", "zeros", count)
            .to_string()
            .contains(&count.to_string())
    );
    let labels = class_named("one_hot").unwrap();
    assert_eq!(case_count(&divergence(), Dtype::F32, labels, Tier::Full), 0);
}

#[test]
fn budgets_are_kept() {
    for signature in signatures() {
        for class in classes().iter().filter(|class| applies(&signature, class)) {
            let quick = case_count(&signature, Dtype::F16, class, Tier::Quick);
            let at = |index| id(&signature.op, Dtype::F16, class.name, index);
            let length = |index| case(&signature, &at(index), SEED).unwrap().length();
            let quick: Vec<usize> = (0..quick).map(length).collect();
            let full = case_count(&signature, Dtype::F16, class, Tier::Full);
            assert!(full as usize > 4 * quick.len(), "{}: {full}", class.name);
            if class.name == "late_label" {
                assert!(quick.len() >= 4 && quick.iter().all(|&length| length > 2048));
                continue;
            }
            if class.name == "single_class" {
                assert!(quick.len() >= 50 && quick.iter().all(|&length| length == 1));
                continue;
            }
            let values: usize = quick.iter().filter(|&&length| length < 32_768).sum();
            assert!(
                (4000..8000).contains(&values),
                "{}: {values} values",
                class.name
            );
            assert!(
                quick.iter().filter(|&&length| length == 0).count() <= 1,
                "{}",
                class.name
            );
            for length in [3, 7, 8, 9, 15, 16, 17, 31, 33, 64, 100] {
                let rows = quick.iter().filter(|&&other| other == length).count();
                assert!(rows >= 5, "{}: {rows} rows of {length}", class.name);
            }
        }
    }
}
