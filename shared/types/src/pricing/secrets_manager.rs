//! Secrets Manager.

use super::{Service, rate::Rate};

/// A secret. A copy in another region is billed like a secret of its own.
pub const SECRET: Rate = Rate::monthly(Service::SecretsManager, "secret");

/// A request.
pub const REQUEST: Rate = Rate::by_use(Service::SecretsManager, "request");
