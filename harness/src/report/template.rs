//! The embedded templates. In: a template's name and values. Out: text.

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Error, UndefinedBehavior, Value, escape_formatter};

/// Every template by its name; `.html` ones escape what they are given, `.md` ones through the filters `text` and `code`.
const TEMPLATES: [(&str, &str); 22] = [
    ("index.html", include_str!("templates/index.html")),
    ("marks.html", include_str!("templates/marks.html")),
    ("verdict.html", include_str!("templates/verdict.html")),
    ("method.html", include_str!("templates/method.html")),
    ("headline.html", include_str!("templates/headline.html")),
    ("results.html", include_str!("templates/results.html")),
    ("clauses.html", include_str!("templates/clauses.html")),
    ("sweeps.html", include_str!("templates/sweeps.html")),
    ("proof.html", include_str!("templates/proof.html")),
    ("limits.html", include_str!("templates/limits.html")),
    ("recompute.html", include_str!("templates/recompute.html")),
    ("style.css", include_str!("templates/style.css")),
    ("script.js", include_str!("templates/script.js")),
    ("readme.md", include_str!("templates/readme.md")),
    ("method.md", include_str!("templates/method.md")),
    ("results.md", include_str!("templates/results.md")),
    ("sweeps.md", include_str!("templates/sweeps.md")),
    ("proof.md", include_str!("templates/proof.md")),
    ("limits.md", include_str!("templates/limits.md")),
    (
        "league.html",
        include_str!("../league/templates/league.html"),
    ),
    ("league.css", include_str!("../league/templates/league.css")),
    ("league.md", include_str!("../league/templates/league.md")),
];

/// Fills in the template `name`.
///
/// # Panics
/// If an embedded template is malformed or names something that `values` lacks, which the module's tests would show.
pub(crate) fn fill(name: &str, values: Value) -> String {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()
            .expect("the syntax is the usual one"),
    );
    environment.set_auto_escape_callback(|name| {
        if name
            .rsplit_once('.')
            .is_some_and(|(_, kind)| kind == "html")
        {
            AutoEscape::Html
        } else {
            AutoEscape::None
        }
    });
    // The default would also escape slashes, of which case ids are full.
    environment.set_formatter(|out, state, value| match value.as_str() {
        Some(text) if matches!(state.auto_escape(), AutoEscape::Html) && !value.is_safe() => out
            .write_str(&super::html::escaped(text))
            .map_err(Error::from),
        _ => escape_formatter(out, state, value),
    });
    environment.add_filter("text", super::markdown::text);
    environment.add_filter("code", super::markdown::code);
    for (name, source) in TEMPLATES {
        environment
            .add_template(name, source)
            .expect("the embedded templates are well-formed");
    }
    environment
        .get_template(name)
        .and_then(|template| template.render(values))
        .expect("the embedded templates name only what the view has")
}
