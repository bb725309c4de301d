//! What the rendered report must say, whatever it looks like.

use super::fixture::{HOSTILE, report};
use super::model::Report;
use super::{render_html, render_json, render_markdown, schema_json};

fn conforming() -> Report {
    let mut report = report();
    report.conforms = true;
    for subject in &mut report.subjects {
        subject.conforms = true;
    }
    report.results.retain(|row| row.conforms);
    report.clauses.truncate(1);
    report.waivers.clear();
    report.undecided.clear();
    report.not_tested.clear();
    report.sweeps.clear();
    report
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    let report = report();
    assert_eq!(render_json(&report), render_json(&report));
    assert_eq!(render_markdown(&report), render_markdown(&report));
    assert_eq!(render_html(&report), render_html(&report));
    assert_eq!(schema_json(), schema_json());
}

#[test]
fn json_reads_back_as_the_report() {
    let report = report();
    let text = render_json(&report);
    assert!(text.ends_with("}\n"));
    assert!(text.contains("\"upper\": 0.50032"));
    let read: Report = serde_json::from_str(&text).expect("the report's own JSON");
    assert_eq!(read, report);
}

#[test]
fn json_satisfies_its_schema_and_nothing_more_does() {
    let schema: serde_json::Value = serde_json::from_str(&schema_json()).expect("JSON");
    assert_eq!(
        schema["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
    assert_eq!(schema["title"], "lossproof conformance report");
    let validator = jsonschema::validator_for(&schema).expect("a valid schema");
    let mut value: serde_json::Value = serde_json::from_str(&render_json(&report())).expect("JSON");
    let errors: Vec<String> = validator
        .iter_errors(&value)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    value["surprise"] = true.into();
    assert!(!validator.is_valid(&value));
}

#[test]
fn the_page_loads_nothing() {
    let page = render_html(&report());
    for load in [
        "src=",
        "<link",
        "@import",
        "url(",
        "<img",
        "<iframe",
        "fetch(",
        "xmlns",
        "href=\"http",
    ] {
        assert!(!page.contains(load), "{load}");
    }
    // A source may name an address; nothing follows it.
    assert_eq!(
        page.matches("http").count(),
        page.matches("Source: https://example.org/a-paper").count()
    );
}

#[test]
fn hostile_text_stays_text() {
    let page = render_html(&report());
    assert_eq!(page.matches("<script>").count(), 1, "the page's own");
    assert!(page.contains("&lt;script&gt;alert(1)"));
    let markdown = render_markdown(&report());
    assert!(!markdown.contains("<script>"));
    assert!(!markdown.contains(HOSTILE));
    assert!(markdown.contains("a \\| b &lt;script&gt;"));
}

#[test]
fn both_pages_say_what_does_not_conform_and_why() {
    for page in [render_html(&report()), render_markdown(&report())] {
        assert!(page.contains("Does not conform"));
        assert!(page.contains("1 value above the ceiling; 1 value undecided"));
        assert!(page.contains("1 clause exercised by no case: SOFTMAX-IDLE"));
        assert!(page.contains("1 crashed"));
        assert!(page.contains("1 value above the ceiling, waived until 2031-01-31"));
        assert!(page.contains("∞"));
        assert!(page.contains("not exercised"));
        assert!(page.contains("11 of 12"));
        assert!(page.contains("softmax/f16/huge_logits/00003"));
        assert!(page.contains("it supports no f64"));
        assert!(page.contains("1 of 2"), "clauses exercised");
        assert!(page.contains("exhaustive n=131,072"));
        assert!(page.contains("71 values above the ceiling; 1 undecided"));
        assert!(page.contains("undecided: logits=nan"));
    }
}

#[test]
fn a_conforming_report_says_so() {
    let page = render_html(&conforming());
    assert!(page.contains(">Conforms</h2>"));
    assert!(page.contains("No waiver is in force."));
    assert!(page.contains("No value is undecided."));
    let markdown = render_markdown(&conforming());
    assert!(markdown.contains("> **Conforms.**"));
    assert!(!markdown.contains("oes not conform"));
}

#[test]
fn no_maximum_stands_without_its_coverage() {
    for page in [render_html(&report()), render_markdown(&report())] {
        for line in page
            .lines()
            .filter(|line| line.contains("0.50032") && line.contains("98"))
        {
            assert!(line.contains("n=12,340"), "{line}");
        }
        assert!(page.contains("sampled n=12,340"));
        assert!(page.contains("sampled n=0"), "the row without values");
    }
}

#[test]
fn an_unknown_part_makes_the_maximum_unknown() {
    let mut report = report();
    let mut other = report.results[0].clone();
    other.class = "ties".to_owned();
    other.max_conditioned = None;
    report.results.push(other);
    let line = |report: &Report| {
        let markdown = render_markdown(report);
        let line = markdown
            .lines()
            .find(|line| line.starts_with("| `softmax` | f32 |"));
        line.expect("the headline of softmax in f32").to_owned()
    };
    assert!(line(&report).contains("| sampled n=24,680 | 0 of 2 | – |"));
    report.results.pop();
    assert!(line(&report).contains("| sampled n=12,340 | 0 of 1 | 0.51000 |"));
}

#[test]
fn plots_are_named_and_take_their_colours_from_the_page() {
    let page = render_html(&report());
    assert_eq!(
        page.matches("class=\"plot\" role=\"img\"").count(),
        4,
        "three of an op and one of its sweeps"
    );
    assert_eq!(page.matches("<title>softmax: ").count(), 4);
    let plots = page.split("<svg class=\"plot\"").skip(1);
    for plot in plots.map(|rest| rest.split("</svg>").next().unwrap_or(rest)) {
        assert!(!plot.contains('#'), "{plot}");
        assert!(!plot.contains("opacity="));
        assert!(plot.contains("ulp"));
    }
}

#[test]
fn an_empty_report_still_renders() {
    let mut report = report();
    report.subjects.clear();
    report.ops.clear();
    report.results.clear();
    report.distributions.clear();
    report.clauses.clear();
    assert!(render_html(&report).contains("Does not conform"));
    assert!(render_markdown(&report).contains("Does not conform"));
}

#[test]
fn markdown_tables_are_rectangular() {
    let markdown = render_markdown(&report());
    let cells = |line: &str| line.replace("\\|", "").matches('|').count();
    let lines: Vec<&str> = markdown.lines().collect();
    for pair in lines.windows(2) {
        if pair[0].starts_with('|') && pair[1].starts_with('|') {
            assert_eq!(cells(pair[0]), cells(pair[1]), "{}\n{}", pair[0], pair[1]);
        }
    }
    assert!(
        lines
            .iter()
            .filter(|line| line.starts_with("| ---"))
            .count()
            >= 10
    );
}
