//! One question to the Price List.

use std::{collections::BTreeSet, fmt::Write};

use aws_sdk_pricing::types::{Filter, FilterType};
use miyabi_types::id::Region;

/// Characters that a filter's value may have. Source: Price List API reference, `Filter`.
const LONGEST_VALUE: usize = 1024;

/// A question: which products of a service have these attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Query {
    /// The service's code.
    pub(crate) service_code: &'static str,
    filters: Vec<(&'static str, Vec<String>)>,
}

impl Query {
    /// All products of a service in every region.
    pub(crate) const fn everywhere(service_code: &'static str) -> Self {
        Self { service_code, filters: Vec::new() }
    }

    /// All products of a service in a region.
    pub(crate) fn of(service_code: &'static str, region: &Region) -> Self {
        Self::everywhere(service_code).with("regionCode", region.as_str())
    }

    /// Only those whose attribute is this.
    pub(crate) fn with(self, field: &'static str, value: &str) -> Self {
        self.any(field, &[value])
    }

    /// Only those whose attribute is one of these.
    pub(crate) fn any(mut self, field: &'static str, values: &[&str]) -> Self {
        self.filters.push((field, values.iter().map(|value| (*value).to_owned()).collect()));
        self
    }

    /// Questions for all of `values`, as many at once as a filter takes; none for none.
    pub(crate) fn each(&self, field: &'static str, values: &BTreeSet<String>) -> Vec<Self> {
        let mut queries = Vec::new();
        let (mut chunk, mut length) = (Vec::new(), 0);
        for value in values {
            if length + value.len() + 1 > LONGEST_VALUE {
                queries.push(self.clone().any(field, &chunk));
                (chunk, length) = (Vec::new(), 0);
            }
            length += value.len() + 1;
            chunk.push(value.as_str());
        }
        if !chunk.is_empty() {
            queries.push(self.clone().any(field, &chunk));
        }
        queries
    }

    /// Tells it from every other question of a region.
    pub(crate) fn name(&self) -> String {
        let mut name = self.service_code.to_owned();
        for (field, values) in &self.filters {
            let _ = write!(name, " {field}={}", values.join(","));
        }
        name
    }

    /// For the SDK.
    pub(crate) fn filters(&self) -> Vec<Filter> {
        let filter = |(field, values): &(&'static str, Vec<String>)| {
            let one = values.len() == 1;
            let kind = if one { FilterType::TermMatch } else { FilterType::AnyOf };
            Filter::builder().r#type(kind).field(*field).value(values.join(",")).build()
        };
        // All three parts are set.
        self.filters.iter().filter_map(|named| filter(named).ok()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_values_are_asked_for_as_many_at_once_as_a_filter_takes() {
        let values: BTreeSet<String> = (0..200).map(|n| format!("m5.{n}xlarge")).collect();
        let region = Region::parse("us-east-1").unwrap();
        let queries = Query::of("AmazonEC2", &region).each("instanceType", &values);
        assert_eq!(queries.len(), 3);
        let mut asked = BTreeSet::new();
        for query in &queries {
            let filters = query.filters();
            assert_eq!((filters[0].field(), filters[0].value()), ("regionCode", "us-east-1"));
            assert_eq!(*filters[0].r#type(), FilterType::TermMatch);
            assert_eq!(*filters[1].r#type(), FilterType::AnyOf);
            assert!(filters[1].value().len() <= LONGEST_VALUE);
            asked.extend(filters[1].value().split(',').map(str::to_owned));
        }
        assert_eq!(asked, values);
        assert!(Query::of("AmazonEC2", &region).each("instanceType", &BTreeSet::new()).is_empty());
    }
}
