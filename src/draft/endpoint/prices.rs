//! What tokens and hours cost, in kroner.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::draft::Cost;

/// The price of one model, with the names that LiteLLM's table has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Price {
    /// For a token that is sent.
    pub input_cost_per_token: f64,
    /// For a token that is received.
    pub output_cost_per_token: f64,
    /// For a token that is sent and that the server still holds; 0 means as any other.
    pub cache_read_input_token_cost: f64,
    /// The currency of these prices.
    pub currency: String,
    /// Kroner for one unit of it.
    pub kroner_per_unit: f64,
    /// The day on which prices and rate were looked up.
    pub date: String,
}

impl Default for Price {
    fn default() -> Self {
        Self {
            input_cost_per_token: 0.0,
            output_cost_per_token: 0.0,
            cache_read_input_token_cost: 0.0,
            currency: "DKK".to_owned(),
            kroner_per_unit: 1.0,
            date: String::new(),
        }
    }
}

/// What one or more requests took.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Usage {
    pub(crate) sent: u64,
    pub(crate) cached: u64,
    pub(crate) received: u64,
    pub(crate) took: Duration,
    /// Whether the tokens were guessed.
    pub(crate) estimated: bool,
}

impl Usage {
    /// Both together.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            sent: self.sent.saturating_add(other.sent),
            cached: self.cached.saturating_add(other.cached),
            received: self.received.saturating_add(other.received),
            took: self.took.saturating_add(other.took),
            estimated: self.estimated || other.estimated,
        }
    }
}

impl Price {
    /// Whether tokens have a price.
    pub(crate) fn is_known(&self) -> bool {
        self.input_cost_per_token > 0.0 || self.output_cost_per_token > 0.0
    }

    /// What a usage costs, with the hours of a server of one's own.
    pub(crate) fn cost(&self, usage: Usage, kroner_per_hour: f64) -> Cost {
        let cached = usage.cached.min(usage.sent);
        let held = self.cache_read_input_token_cost;
        let held = if held > 0.0 { held } else { self.input_cost_per_token };
        let tokens = count(usage.sent - cached) * self.input_cost_per_token
            + count(cached) * held
            + count(usage.received) * self.output_cost_per_token;
        let hours = usage.took.as_secs_f64() / 3600.0;
        Cost {
            kroner: tokens * self.kroner_per_unit + hours * kroner_per_hour,
            tokens_in: usage.sent,
            tokens_out: usage.received,
            tokens_cached: cached,
            estimated: usage.estimated,
        }
    }
}

fn count(tokens: u64) -> f64 {
    f64::from(u32::try_from(tokens).unwrap_or(u32::MAX))
}

/// Prices by model, as a file has them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PriceTable {
    currency: String,
    date: String,
    #[serde(default = "one")]
    kroner_per_unit: f64,
    models: BTreeMap<String, Entry>,
}

/// A model in a table; what LiteLLM says of it besides is passed over.
#[derive(Debug, Deserialize)]
struct Entry {
    input_cost_per_token: f64,
    output_cost_per_token: f64,
    #[serde(default)]
    cache_read_input_token_cost: f64,
}

fn one() -> f64 {
    1.0
}

impl PriceTable {
    /// Reads a table (TOML); the failure says what is wrong with it.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let table: Self = toml::from_str(text).map_err(|error| error.message().to_owned())?;
        if table.currency != "DKK" && (table.kroner_per_unit - 1.0).abs() < f64::EPSILON {
            return Err(format!(
                "`kroner_per_unit` says how many kroner one {} is",
                table.currency
            ));
        }
        let wrong = |price: &f64| !price.is_finite() || *price < 0.0;
        let prices = |entry: &Entry| {
            [
                entry.input_cost_per_token,
                entry.output_cost_per_token,
                entry.cache_read_input_token_cost,
            ]
        };
        match table.models.iter().find(|(_, entry)| prices(entry).iter().any(wrong)) {
            Some((model, _)) => Err(format!("a price of `{model}` is below 0")),
            None => Ok(table),
        }
    }

    /// The price of a model.
    pub(crate) fn price(&self, model: &str) -> Option<Price> {
        let entry = self.models.get(model)?;
        Some(Price {
            input_cost_per_token: entry.input_cost_per_token,
            output_cost_per_token: entry.output_cost_per_token,
            cache_read_input_token_cost: entry.cache_read_input_token_cost,
            currency: self.currency.clone(),
            kroner_per_unit: self.kroner_per_unit,
            date: self.date.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = r#"
        currency = "USD"
        date = "2026-11-02"
        kroner_per_unit = 6.5
        [models."lille-model"]
        input_cost_per_token = 0.000_002
        output_cost_per_token = 0.000_008
        cache_read_input_token_cost = 0.000_000_5
        max_input_tokens = 128000
    "#;

    #[test]
    fn a_cost_is_tokens_times_price_and_hours() {
        let price = PriceTable::read(TABLE).unwrap().price("lille-model").unwrap();
        let usage = Usage { sent: 1000, cached: 400, received: 100, ..Usage::default() };
        let cost = price.cost(usage, 0.0);
        let expected = (600.0 * 0.000_002 + 400.0 * 0.000_000_5 + 100.0 * 0.000_008) * 6.5;
        assert!((cost.kroner - expected).abs() < 1e-12, "{cost:?}");
        let half_an_hour = Usage { took: Duration::from_mins(30), ..Usage::default() };
        assert!((Price::default().cost(half_an_hour, 3.0).kroner - 1.5).abs() < 1e-12);
    }

    #[test]
    fn a_table_says_what_is_wrong_with_it() {
        assert!(PriceTable::read(&TABLE.replace("6.5", "1.0")).unwrap_err().contains("USD"));
        assert!(
            PriceTable::read(&TABLE.replace("0.000_008", "-1.0")).unwrap_err().contains("lille")
        );
        assert!(PriceTable::read("models = 1").is_err());
        assert_eq!(PriceTable::read(TABLE).unwrap().price("anden"), None);
    }
}
