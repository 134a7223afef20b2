//! API Gateway.

use miyabi_types::{
    pricing::{Service, api_gateway},
    resource::ResourceKind::{ApiGatewayRestApi, ApiGatewayV2Api},
};

use super::{List, by_usage, whole};

pub(super) const LIST: List = List {
    service: Service::ApiGateway,
    queries: |region, seen| {
        whole(Service::ApiGateway, region, seen.any(&[ApiGatewayRestApi, ApiGatewayV2Api]))
    },
    rates: |product| {
        if product.family == "Amazon API Gateway Cache" {
            return vec![api_gateway::cache(product.attribute("cacheMemorySizeGb"))];
        }
        by_usage(
            product,
            [
                ("ApiGatewayRequest", api_gateway::REST_REQUEST),
                ("ApiGatewayHttpRequest", api_gateway::HTTP_REQUEST),
            ],
        )
    },
};

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{prices, read},
        *,
    };

    #[test]
    fn caches_and_requests_are_read() {
        let cache =
            |size| [("usagetype", "USE1-ApiGatewayCacheUsage"), ("cacheMemorySizeGb", size)];
        let read = read(
            &LIST,
            &[
                ("Amazon API Gateway Cache", &cache("0.5"), "0.0200000000"),
                ("Amazon API Gateway Cache", &cache("237"), "3.8000000000"),
                ("API Calls", &[("usagetype", "USE1-ApiGatewayRequest")], "0.0000035000"),
                ("API Calls", &[("usagetype", "USE1-ApiGatewayHttpRequest")], "0.0000010000"),
                ("WebSocket", &[("usagetype", "USE1-ApiGatewayMessage")], "0.0000010000"),
            ],
        );
        assert_eq!(
            read,
            prices([
                ("cache/0.5", "0.02"),
                ("cache/237", "3.8"),
                ("request/http", "0.000001"),
                ("request/rest", "0.0000035"),
            ])
        );
    }
}
