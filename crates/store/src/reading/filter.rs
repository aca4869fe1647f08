//! Conditions of a query: text that is fixed in this crate, and values that come from outside
//! and never become text of a statement.

use gatewatch_model::caller::prefix;
use gatewatch_ports::store::SEARCH_BYTES_MAX;

use crate::engine::Value;

#[derive(Default)]
pub struct Filter {
    conditions: Vec<String>,
    values: Vec<Kept>,
}

/// A value that the filter owns.
enum Kept {
    Int(i64),
    Text(Box<str>),
    Blob([u8; 16]),
}

impl Filter {
    /// Only what lies at or below a scope: `/a` covers `/a` and `/a/b`, never `/ab`. Columns
    /// are those of a collection `c`.
    pub fn within(&mut self, scope: &str) {
        let scope = scope.trim_end_matches('/');
        if scope.is_empty() {
            return;
        }
        let below = format!("{scope}/");
        let length = i64::try_from(below.chars().count()).unwrap_or(i64::MAX);
        // LIKE is not asked: SQLite's takes `/A` for `/a`.
        self.conditions
            .push("(c.scope = ? OR SUBSTR(c.scope, 1, ?) = ?)".into());
        self.values.push(Kept::Text(scope.into()));
        self.values.push(Kept::Int(length));
        self.values.push(Kept::Text(below.into()));
    }

    /// Only rows where one of the columns, all in lower case, contains the text.
    pub fn containing(&mut self, columns: &[&str], text: Option<&str>) {
        let Some(text) = text.filter(|it| !it.is_empty()) else {
            return;
        };
        let likes = columns
            .iter()
            .map(|it| format!("{it} LIKE ? ESCAPE '\\'"))
            .collect::<Vec<_>>();
        self.conditions.push(format!("({})", likes.join(" OR ")));
        let wanted = contains(&prefix(text, SEARCH_BYTES_MAX).to_lowercase());
        for _ in columns {
            self.values.push(Kept::Text(wanted.clone()));
        }
    }

    /// Only rows whose column looks like that; `%` and `_` are wildcards.
    pub fn like(&mut self, column: &str, form: &str) {
        self.conditions.push(format!("{column} LIKE ?"));
        self.values.push(Kept::Text(form.into()));
    }

    /// Only rows whose column begins so; LIKE is not asked, as SQLite's knows no case.
    pub fn beginning(&mut self, column: &str, text: &str) {
        let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
        self.conditions.push(format!("SUBSTR({column}, 1, ?) = ?"));
        self.values.push(Kept::Int(length));
        self.values.push(Kept::Text(text.into()));
    }

    /// Only rows whose column looks like any of those, or only the others.
    pub fn any_like(&mut self, column: &str, forms: &[String], yes: bool) {
        let likes = forms.iter().map(|_| format!("{column} LIKE ?"));
        // No form at all fits nothing.
        let likes = likes.chain(["1 = 0".to_owned()]).collect::<Vec<_>>();
        let not = if yes { "" } else { "NOT " };
        self.conditions
            .push(format!("{not}({})", likes.join(" OR ")));
        let forms = forms.iter().map(|it| Kept::Text(it.as_str().into()));
        self.values.extend(forms);
    }

    /// `condition` has one `?`.
    pub fn int(&mut self, condition: &str, value: Option<i64>) {
        if let Some(value) = value {
            self.conditions.push(condition.into());
            self.values.push(Kept::Int(value));
        }
    }

    /// `condition` has a `?` for each of the values.
    pub fn ints(&mut self, condition: &str, values: &[i64]) {
        self.conditions.push(format!("({condition})"));
        self.values.extend(values.iter().copied().map(Kept::Int));
    }

    pub fn text(&mut self, condition: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.conditions.push(condition.into());
            self.values.push(Kept::Text(value.into()));
        }
    }

    pub fn id(&mut self, condition: &str, value: Option<[u8; 16]>) {
        if let Some(value) = value {
            self.conditions.push(condition.into());
            self.values.push(Kept::Blob(value));
        }
    }

    pub fn is_empty(&self) -> bool {
        self.conditions.is_empty()
    }

    /// ` WHERE …`, or nothing.
    pub fn condition(&self) -> String {
        match self.conditions.as_slice() {
            [] => String::new(),
            conditions => format!(" WHERE {}", conditions.join(" AND ")),
        }
    }

    pub fn values(&self) -> Vec<Value<'_>> {
        self.values
            .iter()
            .map(|it| match it {
                Kept::Int(number) => Value::Int(*number),
                Kept::Text(text) => Value::Text(text),
                Kept::Blob(bytes) => Value::Blob(bytes),
            })
            .collect()
    }
}

/// The form that finds a text anywhere, its own wildcards taken literally.
fn contains(text: &str) -> Box<str> {
    let mut form = String::with_capacity(text.len() + 2);
    form.push('%');
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            form.push('\\');
        }
        form.push(letter);
    }
    form.push('%');
    form.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_in_a_search_are_letters() {
        assert_eq!(&*contains(r"50%_\"), r"%50\%\_\\%");
    }

    #[test]
    fn the_root_scope_asks_nothing() {
        for scope in ["", "/"] {
            let mut filter = Filter::default();
            filter.within(scope);
            assert!(filter.is_empty());
        }
    }
}
