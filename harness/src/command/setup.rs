//! What every command starts from: specs, references, a selection, subjects, and a hand on Ctrl-C.

use super::arguments::{Common, OracleArgument, SelectionArguments, TierArgument};
use super::worst_files::WorstFiles;
use crate::cases::{Tier, classes};
use crate::measure::Oracle;
use crate::reference::Reference;
use crate::run::{Selection, Settings};
use crate::spec::{Op, Profile, Spec, load_beside, load_dir};
use crate::subject::{Subject, SubjectError, subject_within};
use crate::worker::{WorkerOptions, end_all_workers};
use anyhow::{Context, Result, bail};
use include_dir::{Dir, include_dir};
use lossproof_oracle::formula::nearest_name;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

static SPECS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/specs");

fn class_names() -> Vec<&'static str> {
    classes().iter().map(|class| class.name).collect()
}

/// The specs compiled in, in the order of their file names.
///
/// # Errors
/// A spec that is wrong; the message shows where.
pub fn embedded_specs() -> Result<Vec<Arc<Spec>>> {
    let mut files: Vec<_> = SPECS
        .files()
        .filter(|file| {
            file.path()
                .extension()
                .is_some_and(|extension| extension == "toml")
        })
        .collect();
    files.sort_by_key(|file| file.path());
    let spec = |file: &include_dir::File<'_>| -> Result<Arc<Spec>> {
        let name = format!("specs/{}", file.path().display());
        let text = file
            .contents_utf8()
            .with_context(|| format!("{name} is not UTF-8"))?;
        Ok(Arc::new(Spec::parse(&name, text, &class_names())?))
    };
    files.into_iter().map(spec).collect()
}

/// The ops of specs with the worst cases compiled in, ready to run under a profile.
///
/// # Errors
/// A formula that does not fit its op; a worst case that does not.
pub fn references_of(specs: &[Arc<Spec>], profile: Profile) -> Result<Vec<Reference>> {
    references_with(specs, profile, &WorstFiles::embedded()?)
}

/// The ops of specs with their worst cases, ready to run under a profile.
pub(super) fn references_with(
    specs: &[Arc<Spec>],
    profile: Profile,
    worst: &WorstFiles,
) -> Result<Vec<Reference>> {
    let ops = specs.iter().flat_map(Spec::ops);
    ops.map(|mut op| {
        worst.attach(&mut op)?;
        Reference::new(&op, profile)
            .map_err(|error| anyhow::anyhow!("{}: {}", op.spec.file_name, error.message))
    })
    .collect()
}

impl Common {
    /// The options that a command for the same case needs again.
    pub(super) fn repeated(&self) -> String {
        let seed = (self.seed != 0).then(|| format!(" --seed {}", self.seed));
        let specs = self
            .specs
            .as_ref()
            .map(|folder| format!(" --specs {}", typed(folder)));
        let own = self.own_specs.iter();
        let own = own.map(|file| format!(" --spec {}", typed(file)));
        let worst = self.worst_cases.as_ref();
        let worst = worst.map(|folder| format!(" --worst-cases {}", typed(folder)));
        seed.into_iter()
            .chain(specs)
            .chain(own)
            .chain(worst)
            .collect()
    }

    /// The specs of a command: those compiled in or of a folder, and then the user's own.
    pub(super) fn specs(&self) -> Result<Vec<Arc<Spec>>> {
        let known = match &self.specs {
            Some(folder) => load_dir(folder, &class_names())?,
            None => embedded_specs()?,
        };
        Ok(load_beside(known, &self.own_specs, &class_names())?)
    }

    /// The ops of the user's own specs, which come last among `specs`.
    pub(super) fn own_ops(&self, specs: &[Arc<Spec>]) -> Vec<String> {
        let own = &specs[specs.len() - self.own_specs.len()..];
        own.iter().flat_map(Spec::ops).map(|op| op.name).collect()
    }

    /// What is measured when nothing is named: `builtin` has no kernels for a loss of the user's own.
    pub(super) fn usual_subject(&self) -> String {
        let own = (self.own_subjects)();
        if let Some(first) = own.first() {
            return first.name().to_owned();
        }
        let usual = if self.own_specs.is_empty() {
            "builtin"
        } else {
            "builtin:formula"
        };
        usual.to_owned()
    }

    /// The subject of that name: the program's own, else one of those that every command knows.
    pub(super) fn subject(
        &self,
        name: &str,
        specs: &[Arc<Spec>],
        options: &WorkerOptions,
    ) -> Result<Box<dyn Subject>> {
        let mut own = (self.own_subjects)();
        if let Some(place) = own.iter().position(|subject| subject.name() == name) {
            return Ok(own.swap_remove(place));
        }
        let found = subject_within(name, specs, options);
        Ok(found.map_err(|mut error| {
            if let SubjectError::Unknown(unknown) = &mut error {
                let own = own.iter().map(|subject| subject.name());
                let all: Vec<&str> = own.chain([unknown.known.as_str()]).collect();
                unknown.known = all.join(", ");
            }
            error
        })?)
    }

    /// The subjects of those names.
    pub(super) fn subjects<Name: AsRef<str>>(
        &self,
        names: &[Name],
        specs: &[Arc<Spec>],
        options: &WorkerOptions,
    ) -> Result<Vec<Box<dyn Subject>>> {
        let subject = |name: &Name| self.subject(name.as_ref(), specs, options);
        names.iter().map(subject).collect()
    }

    /// Refuses the user's own specs where only this project's kernels are asked about.
    pub(super) fn refuse_own_specs(&self, command: &str) -> Result<()> {
        if self.own_specs.is_empty() {
            return Ok(());
        }
        bail!(
            "`{command}` is about this project's own kernels, which know no other specs; leave out --spec, or use \
             `lossproof check{}`",
            self.repeated()
        )
    }

    pub(super) fn references(&self, profile: Profile) -> Result<Vec<Reference>> {
        self.references_of(&self.specs()?, profile)
    }

    /// The ops of specs, with the worst cases of the folder that was named, else with those compiled in.
    pub(super) fn references_of(
        &self,
        specs: &[Arc<Spec>],
        profile: Profile,
    ) -> Result<Vec<Reference>> {
        references_with(specs, profile, &self.worst_files(specs)?)
    }

    /// The ops of specs, with the worst cases of the folder that was named, else with those of a golden folder.
    pub(super) fn references_beside(
        &self,
        golden: &Path,
        specs: &[Arc<Spec>],
        profile: Profile,
    ) -> Result<Vec<Reference>> {
        let worst = match self.worst_cases {
            Some(_) => self.worst_files(specs)?,
            None => WorstFiles::of_golden(golden)?,
        };
        references_with(specs, profile, &worst)
    }

    fn worst_files(&self, specs: &[Arc<Spec>]) -> Result<WorstFiles> {
        let Some(folder) = &self.worst_cases else {
            return WorstFiles::embedded();
        };
        let files = WorstFiles::of_folder(folder)?;
        let ops: Vec<Op> = specs.iter().flat_map(Spec::ops).collect();
        let names: Vec<&str> = ops.iter().map(|op| op.name.as_str()).collect();
        files.refuse_strangers(&names)?;
        Ok(files)
    }

    pub(super) fn settings(&self, tier: TierArgument) -> Settings {
        Settings {
            seed: self.seed,
            tier: tier.tier(),
            precision_limit: self.precision_limit,
            oracle: self.oracle.oracle(),
            threads: self.threads.map(usize::from),
        }
    }
}

impl OracleArgument {
    pub(crate) fn oracle(self) -> Oracle {
        match self {
            Self::Ladder => Oracle::Ladder,
            Self::Mpfr => Oracle::Mpfr,
        }
    }
}

impl TierArgument {
    pub(super) fn tier(self) -> Tier {
        match self {
            Self::Quick => Tier::Quick,
            Self::Full => Tier::Full,
        }
    }
}

impl SelectionArguments {
    /// The selection, once every name in it is known.
    pub(super) fn selection(&self, references: &[Reference]) -> Result<Selection> {
        let ops: Vec<&str> = references
            .iter()
            .map(|reference| reference.op.name.as_str())
            .collect();
        require_known("op", &self.ops, &ops, "lossproof list ops")?;
        require_known(
            "class",
            &self.classes,
            &class_names(),
            "lossproof list classes",
        )?;
        Ok(Selection {
            ops: self.ops.clone(),
            dtypes: self.dtypes.clone(),
            classes: self.classes.clone(),
            every: self.every,
        })
    }

    /// Whether nothing is left out.
    pub(super) fn is_everything(&self) -> bool {
        self.ops.is_empty()
            && self.dtypes.is_empty()
            && self.classes.is_empty()
            && self.every.is_none()
    }
}

pub(super) fn require_known(
    what: &str,
    names: &[String],
    known: &[&str],
    command: &str,
) -> Result<()> {
    for name in names {
        if !known.contains(&name.as_str()) {
            let hint = nearest_name(name, known.iter().copied());
            let hint = hint.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            bail!("unknown {what} `{name}`{hint} (`{command}` lists them)");
        }
    }
    Ok(())
}

/// A path as a shell takes it.
pub(super) fn typed(path: &Path) -> String {
    typed_text(&path.display().to_string())
}

/// A text as a shell takes it as one word.
pub(super) fn typed_text(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+=:,@%".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// The profile that subjects are judged by: the one asked for, else the one that all of them declare.
pub(super) fn profile_of(asked: Option<Profile>, subjects: &[&dyn Subject]) -> Result<Profile> {
    if let Some(profile) = asked {
        return Ok(profile);
    }
    let declared = |subject: &&dyn Subject| format!("{} {}", subject.name(), subject.profile());
    match subjects {
        [first, others @ ..] => {
            if others
                .iter()
                .any(|other| other.profile() != first.profile())
            {
                let all: Vec<String> = subjects.iter().map(declared).collect();
                bail!(
                    "the subjects declare different profiles ({}); say with --profile which one to judge them by",
                    all.join(", ")
                );
            }
            Ok(first.profile())
        }
        [] => Ok(Profile::Exact),
    }
}

/// The option that a command for the same judgement of a subject needs again.
pub(super) fn profile_option(profile: Profile, subject: &dyn Subject) -> String {
    if profile == subject.profile() {
        String::new()
    } else {
        format!(" --profile {profile}")
    }
}

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Makes Ctrl-C end the run after the cases in flight; a second one ends the process.
pub(super) fn catch_interrupt() -> Result<()> {
    ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            end_all_workers();
            std::process::exit(130);
        }
        eprintln!("\nstopping after the cases in flight; press Ctrl-C again to stop at once");
    })
    .context("could not catch Ctrl-C")
}

pub(super) fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subject::{BatchCall, Failure};
    use lossproof_numerics::Dtype;

    struct Follower(&'static str, Profile);

    impl Subject for Follower {
        fn name(&self) -> &str {
            self.0
        }

        fn description(&self) -> &'static str {
            "follows a profile"
        }

        fn profile(&self) -> Profile {
            self.1
        }

        fn supports(&self, _: &str, _: Dtype) -> bool {
            false
        }

        fn call_batch(&self, _: &str, _: &mut BatchCall) -> Result<(), Failure> {
            Err(Failure::Refused("no kernels".to_owned()))
        }
    }

    #[test]
    fn subjects_are_judged_by_what_they_declare_or_what_is_asked_for() {
        let torch = Follower("lib:torch.so", Profile::Torch);
        let other = Follower("lib:other.so", Profile::Torch);
        let ours = Follower("ours", Profile::Exact);
        assert_eq!(profile_of(None, &[&torch, &other]).unwrap(), Profile::Torch);
        assert_eq!(profile_of(None, &[&ours]).unwrap(), Profile::Exact);
        let asked = profile_of(Some(Profile::Onnx), &[&torch, &ours]).unwrap();
        assert_eq!(asked, Profile::Onnx);
        let refused = profile_of(None, &[&torch, &ours]).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "the subjects declare different profiles (lib:torch.so torch, ours exact); say with --profile which one to \
             judge them by"
        );
        assert_eq!(profile_option(Profile::Torch, &torch), "");
        assert_eq!(profile_option(Profile::Torch, &ours), " --profile torch");
    }

    #[test]
    fn paths_are_written_as_a_shell_takes_them() {
        let written = |path: &str| typed(Path::new(path));
        assert_eq!(written("specs/my_loss-2.toml"), "specs/my_loss-2.toml");
        assert_eq!(written("my loss.toml"), "'my loss.toml'");
        assert_eq!(written("$HOME/it's.toml"), r"'$HOME/it'\''s.toml'");
        assert_eq!(written(""), "''");
    }
}
