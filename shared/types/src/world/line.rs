//! Reading a line of a chunk.
//!
//! By hand, because what says by one of its fields what it is would be held twice: see
//! [`crate::resource`].

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor, value::MapAccessDeserializer},
};

use super::ChunkLine;
use crate::{
    advice::Recommendation, commitments::Commitments, costs::CostHistory, evidence::Evidence,
    id::IamAction, resource::Resource, security_hub::SecurityHubFinding,
};

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum What {
    Resource,
    Costs,
    Commitments,
    Advice,
    SecurityHub,
}

#[derive(Deserialize)]
struct Costs {
    costs: Evidence<CostHistory>,
}

#[derive(Deserialize)]
struct Committed {
    commitments: Box<Commitments>,
}

#[derive(Deserialize)]
struct Advised {
    source: IamAction,
    recommendations: Evidence<Vec<Recommendation>>,
}

#[derive(Deserialize)]
struct Hub {
    findings: Evidence<Vec<SecurityHubFinding>>,
}

impl<'de> Deserialize<'de> for ChunkLine {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Line)
    }
}

struct Line;

impl<'de> Visitor<'de> for Line {
    type Value = ChunkLine;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a line of a chunk")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<ChunkLine, M::Error> {
        if map.next_key::<String>()?.as_deref() != Some("line") {
            return Err(M::Error::custom("a line begins with what it is"));
        }
        let what: What = map.next_value()?;
        let rest = MapAccessDeserializer::new(map);
        Ok(match what {
            What::Resource => ChunkLine::Resource(Box::new(Resource::deserialize(rest)?)),
            What::Costs => {
                let Costs { costs } = Costs::deserialize(rest)?;
                ChunkLine::Costs { costs }
            }
            What::Commitments => {
                let Committed { commitments } = Committed::deserialize(rest)?;
                ChunkLine::Commitments { commitments }
            }
            What::Advice => {
                let Advised { source, recommendations } = Advised::deserialize(rest)?;
                ChunkLine::Advice { source, recommendations }
            }
            What::SecurityHub => {
                let Hub { findings } = Hub::deserialize(rest)?;
                ChunkLine::SecurityHub { findings }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read_as_it_was_written() {
        let lines = [
            ChunkLine::Costs { costs: Evidence::Known(CostHistory::default()) },
            ChunkLine::Commitments { commitments: Box::default() },
            ChunkLine::Advice {
                source: "ce:GetRightsizingRecommendation".parse().unwrap(),
                recommendations: Evidence::Known(Vec::new()),
            },
            ChunkLine::SecurityHub { findings: Evidence::unavailable("it is off") },
        ];
        for line in lines {
            let text = serde_json::to_string(&line).unwrap();
            assert_eq!(serde_json::from_str::<ChunkLine>(&text).unwrap(), line, "{text}");
        }
        let error = serde_json::from_str::<ChunkLine>(r#"{"costs":{}}"#).unwrap_err();
        assert!(error.to_string().contains("begins with"), "{error}");
    }
}
