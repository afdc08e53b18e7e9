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

/// A figure beside its goal.
#[derive(Clone, Copy, Debug)]
pub struct Judged {
    goal: Goal,
    figure: f64,
}

impl Goal {
    /// Holds a figure against the goal.
    pub const fn judge(self, figure: f64) -> Judged {
        Judged { goal: self, figure }
    }
}

impl Judged {
    /// Whether the bench may pass.
    pub fn passes(&self) -> bool {
        self.figure <= self.goal.must
    }
}

impl fmt::Display for Judged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Goal { name, must, target } = self.goal;
        let verdict = match (self.passes(), self.figure <= target) {
            (false, _) => "missed",
            (true, false) => "M met",
            (true, true) => "better than T",
        };
        write!(f, "{name}: {:.2} (M {must}, T {target}): {verdict}", self.figure)
    }
}
