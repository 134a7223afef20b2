"""API Gateway: REST APIs (v1), HTTP and WebSocket APIs (v2)."""

import json

from . import metrics
from .account import Unknown
from .shape import Place, arns, policy, unique


def collect(account):
    place = Place(account)
    return rest(account, place) + v2(account, place)


def rest(account, place):
    client = account.client("apigateway")
    apis = account.list("apigateway", "get_rest_apis", "items", 500)
    told = account.details(apis, stages=lambda a: client.get_stages(restApiId=a["id"]).get("item", []))
    found = []
    for api, t in zip(apis, told):
        found.append(rest_api(place, api))
        stages = [] if isinstance(t["stages"], Unknown) else [rest_stage(place, api, s) for s in t["stages"]]
        cached = [stage for stage in stages if stage["config"]["cache_enabled"]]
        metrics.fill(account, cached, lambda stage: [
            ("AWS/ApiGateway", name, [("Stage", stage["id"]), ("ApiName", api["name"])])
            for name in ("CacheHitCount", "CacheMissCount")
        ])
        found += stages
    return found


def document(text):
    """API Gateway hands out policies with their quotes escaped."""
    try:
        return json.loads(text) if text else None
    except ValueError:
        return policy(text.replace('\\"', '"'))


def rest_api(place, a):
    config = {
        "endpoint_types": unique(a.get("endpointConfiguration", {}).get("types", [])),
        "policy": document(a.get("policy")),
        "execute_api_endpoint_disabled": a.get("disableExecuteApiEndpoint", False),
        "description": a.get("description") or None,
    }
    return place.resource(
        "AWS::ApiGateway::RestApi", place.unowned_arn("apigateway", f"/restapis/{a['id']}"), a["id"], config,
        a.get("tags"), name=a.get("name"), created_at=a.get("createdDate"),
    )


def rest_stage(place, api, s):
    methods = [
        {
            "path": path,
            "logging_level": m.get("loggingLevel") or None,
            "caching": m.get("cachingEnabled", False),
            "cache_encrypted": m.get("cacheDataEncrypted", False),
        }
        for path, m in s.get("methodSettings", {}).items()
    ]
    config = {
        "api_id": api["id"],
        "deployment_id": s.get("deploymentId") or None,
        "tracing": s.get("tracingEnabled", False),
        "web_acl_arn": s.get("webAclArn") or None,
        "client_certificate_id": s.get("clientCertificateId") or None,
        "access_log_arn": s.get("accessLogSettings", {}).get("destinationArn") or None,
        "cache_enabled": s.get("cacheClusterEnabled", False),
        "cache_size_gb": s.get("cacheClusterSize"),
        "methods": sorted(methods, key=lambda m: m["path"]),
        "variable_names": sorted(s.get("variables") or {}),
    }
    of, name = place.unowned_arn("apigateway", f"/restapis/{api['id']}"), s["stageName"]
    return place.resource(
        "AWS::ApiGateway::Stage", f"{of}/stages/{name}", name, config, s.get("tags"), name=name,
        created_at=s.get("createdDate"),
        depends_on=[of, *arns(config["web_acl_arn"], config["access_log_arn"])],
    )


def v2(account, place):
    apis = account.list("apigatewayv2", "get_apis", "Items", 500)
    pages = lambda operation: lambda a: account.pages(
        "apigatewayv2", operation, "Items", 500, ApiId=a["ApiId"])
    told = account.details(apis, stages=pages("get_stages"), routes=pages("get_routes"))
    found = []
    for a, t in zip(apis, told):
        found.append(api(place, a))
        found += [] if isinstance(t["stages"], Unknown) else [stage(place, a, s) for s in t["stages"]]
        found += [] if isinstance(t["routes"], Unknown) else [route(place, a, r) for r in t["routes"]]
    return found


def api(place, a):
    config = {
        "protocol": a.get("ProtocolType", ""),
        "endpoint": a.get("ApiEndpoint") or None,
        "execute_api_endpoint_disabled": a.get("DisableExecuteApiEndpoint", False),
        "description": a.get("Description") or None,
        "cors_origins": unique(a.get("CorsConfiguration", {}).get("AllowOrigins", [])),
    }
    return place.resource(
        "AWS::ApiGatewayV2::Api", place.unowned_arn("apigateway", f"/apis/{a['ApiId']}"), a["ApiId"], config,
        a.get("Tags"), name=a.get("Name"), created_at=a.get("CreatedDate"),
    )


def stage(place, a, s):
    config = {
        "api_id": a["ApiId"],
        "auto_deploy": s.get("AutoDeploy", False),
        "access_log_arn": s.get("AccessLogSettings", {}).get("DestinationArn") or None,
        "logging_level": s.get("DefaultRouteSettings", {}).get("LoggingLevel"),
        "variable_names": sorted(s.get("StageVariables") or {}),
    }
    of, name = place.unowned_arn("apigateway", f"/apis/{a['ApiId']}"), s["StageName"]
    return place.resource(
        "AWS::ApiGatewayV2::Stage", f"{of}/stages/{name}", name, config, s.get("Tags"), name=name,
        created_at=s.get("CreatedDate"), depends_on=[of, *arns(config["access_log_arn"])],
    )


def route(place, a, r):
    config = {
        "api_id": a["ApiId"],
        "key": r.get("RouteKey", ""),
        "authorization_type": r.get("AuthorizationType", "NONE"),
        "authorizer_id": r.get("AuthorizerId") or None,
        "api_key_required": r.get("ApiKeyRequired", False),
        "target": r.get("Target") or None,
    }
    of, id = place.unowned_arn("apigateway", f"/apis/{a['ApiId']}"), r["RouteId"]
    return place.resource(
        "AWS::ApiGatewayV2::Route", f"{of}/routes/{id}", id, config, name=config["key"], depends_on=[of]
    )
