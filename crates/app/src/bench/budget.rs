//! A measured figure with the budget it is held to.

use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Figure {
    measured: f64,
    /// None if nothing was promised.
    budget: Option<f64>,
    verdict: Option<Verdict>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Met,
    Missed,
}

impl Figure {
    /// Of something that must not take more.
    pub fn at_most(budget: f64, measured: f64) -> Figure {
        Figure::new(measured, budget, measured <= budget)
    }

    /// Of something that must not be slower.
    pub fn at_least(budget: f64, measured: f64) -> Figure {
        Figure::new(measured, budget, measured >= budget)
    }

    pub fn free(measured: f64) -> Figure {
        Figure {
            measured,
            budget: None,
            verdict: None,
        }
    }

    fn new(measured: f64, budget: f64, met: bool) -> Figure {
        Figure {
            measured,
            budget: Some(budget),
            verdict: Some(if met { Verdict::Met } else { Verdict::Missed }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn less_time_and_more_speed_than_promised_is_met() {
        assert_eq!(Figure::at_most(5.0, 5.0).verdict, Some(Verdict::Met));
        assert_eq!(Figure::at_most(5.0, 5.1).verdict, Some(Verdict::Missed));
        assert_eq!(Figure::at_least(60.0, 59.0).verdict, Some(Verdict::Missed));
        assert_eq!(Figure::at_least(60.0, 61.0).verdict, Some(Verdict::Met));
        assert_eq!(Figure::free(1.0).verdict, None);
    }
}
