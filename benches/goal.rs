//! What a figure must be, and what it should be.

use std::fmt;

/// A goal that is held against a figure; smaller is better. `cargo xtask bench` looks for lines of this form.
#[derive(Clone, Copy, Debug)]
pub struct Goal {
    /// What is compared.
    pub name: &'static str,
    /// Above this the bench fails.
    pub must: f64,
    /// What we are after.
    pub target: f64,
}

/// A goal that is held against a figure; greater is better.
#[derive(Clone, Copy, Debug)]
pub struct AtLeast {
    /// What is compared.
    pub name: &'static str,
    /// Below this the bench fails.
    pub must: f64,
    /// What we are after.
    pub target: f64,
}

/// A figure beside its goal.
#[derive(Clone, Debug)]
pub struct Judged {
    name: &'static str,
    about: String,
    figure: f64,
    must: f64,
    target: f64,
    passes: bool,
    is_better: bool,
}

impl Goal {
    /// Holds a figure against the goal.
    pub const fn judge(self, figure: f64) -> Judged {
        let Self { name, must, target } = self;
        let (passes, is_better) = (figure <= must, figure <= target);
        Judged { name, about: String::new(), figure, must, target, passes, is_better }
    }
}

impl AtLeast {
    /// Holds a figure against the goal.
    pub const fn judge(self, figure: f64) -> Judged {
        let Self { name, must, target } = self;
        let (passes, is_better) = (figure >= must, figure >= target);
        Judged { name, about: String::new(), figure, must, target, passes, is_better }
    }
}

impl Judged {
    /// Whether the bench may pass.
    pub const fn passes(&self) -> bool {
        self.passes
    }

    /// Says on what the figure was taken, where one goal is held against several.
    #[must_use]
    pub fn about(self, what: &str) -> Self {
        Self { about: format!(", {what}"), ..self }
    }
}

impl fmt::Display for Judged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, about, figure, must, target, .. } = self;
        let verdict = match (self.passes, self.is_better) {
            (false, _) => "missed",
            (true, false) => "M met",
            (true, true) => "better than T",
        };
        write!(f, "{name}{about}: {figure:.2} (M {must}, T {target}): {verdict}")
    }
}
