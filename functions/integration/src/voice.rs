//! How each agent speaks: its field, and the sentence it opens its part of a message with.

use miyabi_types::agent::HistoricalAgent;

/// What the agent looks after, in a word or two.
pub const fn field(agent: HistoricalAgent) -> &'static str {
    match agent {
        HistoricalAgent::BillGates => "compute",
        HistoricalAgent::SteveJobs => "front end",
        HistoricalAgent::Napoleon => "networks and scaling",
        HistoricalAgent::Hannibal => "edge",
        HistoricalAgent::Drucker => "management",
        HistoricalAgent::Kotler => "communication",
        HistoricalAgent::Noguchi => "data",
    }
}

/// The sentence that the agent opens with.
pub const fn opening(agent: HistoricalAgent) -> &'static str {
    match agent {
        HistoricalAgent::BillGates => "Every machine as large as its work, and no larger.",
        HistoricalAgent::SteveJobs => "Simple, closed where it should be, and nothing left over.",
        HistoricalAgent::Napoleon => "Hold no ground that costs and does not serve.",
        HistoricalAgent::Hannibal => "Meet them at the edge, before they reach the city.",
        HistoricalAgent::Drucker => "What is measured can be managed; here is what I measured.",
        HistoricalAgent::Kotler => "Know who listens, and pay for no silence.",
        HistoricalAgent::Noguchi => "First the specimen, then the diagnosis.",
    }
}
