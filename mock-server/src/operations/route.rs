//! The one route table: it drives the router, the operation names, fault rules and the journal.

use std::borrow::Cow;
use std::fmt;

use http::Method;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

/// API versions that a request may name, oldest first. A route lists those it serves.
const ALL_VERSIONS: &[&str] = &["v1", "v1.0", "v1.1", "v1.3", "v1.4", "v1.5", "v1.6", "v1.7"];
const CURRENT: &[&str] = &["v1.7"];
/// What answered before there were sources (protocol reference, legacy/endpoints §10).
const WITH_SERVICES: &[&str] = &["v1.5", "v1.6", "v1.7"];

/// Where a route lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Area {
    /// Under `/{version}/`, once for each version.
    Api(&'static [&'static str]),
    /// As for [`Area::Api`], and at the origin as well.
    ApiAndOrigin(&'static [&'static str]),
    /// Under `/v1/`, the cloud host: the rest of the path may be empty.
    Cloud,
    /// As [`Area::Cloud`], for a path that means a folder. The router cannot tell it from a file's,
    /// so that the request is routed as the other and told apart afterwards.
    CloudFolder,
    /// Under `/apps/saas/`: the consent web client.
    Web,
    /// Under `/__assets`: pictures that answers refer to; the mock's own, but met by any client.
    Assets,
    /// Under `/__admin`: the mock's own, neither journalled nor touched by faults.
    Admin,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// What it does.
    pub operation: Operation,
    /// Its name in the journal and in fault rules.
    pub name: &'static str,
    /// Its method.
    pub method: &'static str,
    /// Its path below its area.
    pub template: &'static str,
    /// Where it lives.
    pub area: Area,
    /// What it is, in a line.
    pub summary: &'static str,
}

macro_rules! route_table {
    ($($(#[doc = $doc:literal])* $operation:ident $name:literal $method:literal $template:literal $area:expr;)*) => {
        /// Everything that the server can be asked for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Operation { $($(#[doc = $doc])* $operation,)* }

        /// The route table.
        pub const ROUTES: &[Route] = &[$(Route {
            operation: Operation::$operation,
            name: $name,
            method: $method,
            template: $template,
            area: $area,
            summary: concat!($($doc),*).trim_ascii_start(),
        },)*];
    };
}

route_table! {
    /// `POST oauth/authorize`
    Authorize "authorize" "POST" "/oauth/authorize" Area::Api(CURRENT);
    /// `POST oauth/token` with either grant
    Token "token" "POST" "/oauth/token" Area::Api(CURRENT);
    /// `POST permission-access/trigger`
    ReadSession "readSession" "POST" "/permission-access/trigger" Area::Api(CURRENT);
    /// `GET permission-access/query/{sessionKey}`
    ReadFileList "readFileList" "GET" "/permission-access/query/{sessionKey}" Area::Api(CURRENT);
    /// `GET permission-access/query/{sessionKey}/{fileName}`
    ReadFile "readFile" "GET" "/permission-access/query/{sessionKey}/{fileName}" Area::Api(CURRENT);
    /// `HEAD permission-access/query/{sessionKey}/{fileName}`
    ReadFileMetadata "readFileMetadata" "HEAD" "/permission-access/query/{sessionKey}/{fileName}" Area::Api(CURRENT);
    /// `GET permission-access/accounts`
    ReadAccounts "readAccounts" "GET" "/permission-access/accounts" Area::Api(CURRENT);
    /// `POST oauth/token/reference`
    TokenReference "tokenReference" "POST" "/oauth/token/reference" Area::Api(CURRENT);
    /// `POST reference`
    Reference "reference" "POST" "/reference" Area::Api(CURRENT);
    /// `GET permission-access/revoke/h:accountId`
    RevokeAccountPermission "revokeAccountPermission" "GET" "/permission-access/revoke/h:accountId" Area::Api(CURRENT);
    /// `DELETE user`
    DeleteUser "deleteUser" "DELETE" "/user" Area::Api(CURRENT);
    /// `DELETE permission-access/service/h:accountId`
    DeleteAccount "deleteAccount" "DELETE" "/permission-access/service/h:accountId" Area::Api(CURRENT);
    /// `POST permission-access/import`
    PushToLibrary "pushToLibrary" "POST" "/permission-access/import" Area::Api(CURRENT);
    /// `POST permission-access/import/h:accountId/{standard}/{version}`
    PushToProvider "pushToProvider" "POST" "/permission-access/import/h:accountId/{standard}/{version}" Area::Api(CURRENT);
    /// `GET export/{serviceType}/report`
    PortabilityReport "portabilityReport" "GET" "/export/{serviceType}/report" Area::Api(CURRENT);
    /// `GET permission-access/contract`
    ContractDetails "contractDetails" "GET" "/permission-access/contract" Area::Api(CURRENT);
    /// `GET permission-access/contract/{contractId}/{appId}`, which older iOS clients ask unsigned
    NamedContractDetails "namedContractDetails" "GET" "/permission-access/contract/{contractId}/{appId}" Area::Api(CURRENT);
    /// `POST tracking/sdk`
    Tracking "tracking" "POST" "/tracking/sdk" Area::Api(CURRENT);
    /// The page that connects a further source
    OnboardPage "onboardPage" "GET" "/onboard" Area::Web;
    /// The decision made on the onboard page
    OnboardDecision "onboardDecision" "POST" "/onboard" Area::Web;
    /// The page that renews a user
    UserReauthPage "userReauthPage" "GET" "/user-reauth" Area::Web;
    /// The decision made on the user-reauth page
    UserReauthDecision "userReauthDecision" "POST" "/user-reauth" Area::Web;
    /// The page that logs in at a source again
    ReauthorizePage "reauthorizePage" "GET" "/reauthorize" Area::Web;
    /// The decision made on the reauthorize page
    ReauthorizeDecision "reauthorizeDecision" "POST" "/reauthorize" Area::Web;
    /// The page that withdraws a permission
    RevokePage "revokePage" "GET" "/revoke" Area::Web;
    /// The decision made on the revoke page
    RevokeDecision "revokeDecision" "POST" "/revoke" Area::Web;
    /// `POST discovery/sources`
    QuerySources "querySources" "POST" "/discovery/sources" Area::Api(CURRENT);
    /// `POST discovery/countries`
    QueryCountries "queryCountries" "POST" "/discovery/countries" Area::Api(CURRENT);
    /// `POST discovery/platforms`
    QueryPlatforms "queryPlatforms" "POST" "/discovery/platforms" Area::Api(CURRENT);
    /// `POST discovery/categories`
    QueryCategories "queryCategories" "POST" "/discovery/categories" Area::Api(CURRENT);
    /// `POST discovery/sourceTypes`
    QuerySourceTypes "querySourceTypes" "POST" "/discovery/sourceTypes" Area::Api(CURRENT);
    /// `GET discovery/services`, of older clients
    AvailableServices "availableServices" "GET" "/discovery/services" Area::Api(WITH_SERVICES);
    /// `GET permission-access/sample/datasets/{sourceId}`
    SampleDatasets "sampleDatasets" "GET" "/permission-access/sample/datasets/{sourceId}" Area::Api(CURRENT);
    /// `POST storage`
    CreateStorage "createProvisionalStorage" "POST" "/storage" Area::Api(CURRENT);
    /// `GET storage`
    UserStorage "getUserStorage" "GET" "/storage" Area::Api(CURRENT);
    /// `GET clouds/{storageId}/files/apps/{applicationId}/{*path}/`
    ListStorageFiles "listStorageFiles" "GET" "/clouds/{storageId}/files/apps/{applicationId}/{*path}/" Area::CloudFolder;
    /// `POST clouds/{storageId}/files/apps/{applicationId}/{*path}`
    UploadStorageFile "uploadFileToStorage" "POST" "/clouds/{storageId}/files/apps/{applicationId}/{*path}" Area::Cloud;
    /// `GET clouds/{storageId}/files/apps/{applicationId}/{*path}`
    DownloadStorageFile "downloadStorageFile" "GET" "/clouds/{storageId}/files/apps/{applicationId}/{*path}" Area::Cloud;
    /// `DELETE clouds/{storageId}/files/apps/{applicationId}/{*path}`
    DeleteStorageFiles "deleteStorageFiles" "DELETE" "/clouds/{storageId}/files/apps/{applicationId}/{*path}" Area::Cloud;
    /// An icon that discovery refers to
    Asset "asset" "GET" "/{kind}/{file}" Area::Assets;
    /// `GET jwks/oauth`
    Jwks "jwks" "GET" "/jwks/oauth" Area::ApiAndOrigin(ALL_VERSIONS);
    /// The consent page
    ConsentPage "consentPage" "GET" "/authorize" Area::Web;
    /// The decision made on the consent page
    ConsentDecision "consentDecision" "POST" "/authorize" Area::Web;
    /// `GET /__admin/health`
    AdminHealth "adminHealth" "GET" "/health" Area::Admin;
    /// `GET /__admin/openapi.json`
    AdminOpenapi "adminOpenapi" "GET" "/openapi.json" Area::Admin;
    /// `GET /__admin/credentials`
    AdminCredentials "adminCredentials" "GET" "/credentials" Area::Admin;
    /// `POST /__admin/consent`
    AdminConsent "adminConsent" "POST" "/consent" Area::Admin;
    /// `GET /__admin/clock`
    AdminClock "adminClock" "GET" "/clock" Area::Admin;
    /// `POST /__admin/clock`
    AdminMoveClock "adminMoveClock" "POST" "/clock" Area::Admin;
    /// `POST /__admin/reset`
    AdminReset "adminReset" "POST" "/reset" Area::Admin;
    /// `GET /__admin/requests`
    AdminRequests "adminRequests" "GET" "/requests" Area::Admin;
    /// `DELETE /__admin/requests`
    AdminForgetRequests "adminForgetRequests" "DELETE" "/requests" Area::Admin;
    /// `GET /__admin/explain/{reference}`
    AdminExplain "adminExplain" "GET" "/explain/{reference}" Area::Admin;
    /// `GET /__admin/client-report`
    AdminClientReport "adminClientReport" "GET" "/client-report" Area::Admin;
    /// `GET /__admin/faults`
    AdminFaults "adminFaults" "GET" "/faults" Area::Admin;
    /// `POST /__admin/faults`
    AdminInjectFault "adminInjectFault" "POST" "/faults" Area::Admin;
    /// `DELETE /__admin/faults`
    AdminClearFaults "adminClearFaults" "DELETE" "/faults" Area::Admin;
    /// `POST /__admin/sandboxes`
    AdminCreateSandbox "adminCreateSandbox" "POST" "/sandboxes" Area::Admin;
    /// `DELETE /__admin/sandboxes`
    AdminRemoveSandbox "adminRemoveSandbox" "DELETE" "/sandboxes" Area::Admin;
}

impl Operation {
    /// The operation's row.
    pub fn route(self) -> &'static Route {
        // The macro writes the enum and the table in the same order.
        &ROUTES[self as usize]
    }

    /// The operation's name.
    pub fn name(self) -> &'static str {
        self.route().name
    }

    /// Whether it takes its body in piece by piece, under a limit of its own.
    pub fn streams_body(self) -> bool {
        matches!(self, Self::PushToLibrary | Self::UploadStorageFile)
    }

    /// Whether only older clients ask for it (protocol reference, http-api §6.6 and §7).
    pub fn is_deprecated(self) -> bool {
        matches!(self, Self::AvailableServices | Self::NamedContractDetails)
    }

    /// Whether it is the mock's own.
    pub fn is_admin(self) -> bool {
        self.route().area == Area::Admin
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl JsonSchema for Operation {
    fn schema_name() -> Cow<'static, str> {
        "Operation".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "enum": ROUTES.iter().map(|route| route.name).collect::<Vec<_>>() })
    }
}

impl Serialize for Operation {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl Route {
    /// The paths that it is served at.
    pub fn paths(&self) -> Vec<String> {
        let template = self.template;
        let versioned = |versions: &[&str]| -> Vec<String> {
            versions.iter().map(|version| format!("/{version}{template}")).collect()
        };
        match self.area {
            Area::Api(versions) => versioned(versions),
            Area::ApiAndOrigin(versions) => {
                let mut paths = versioned(versions);
                paths.push(template.to_owned());
                paths
            }
            Area::Cloud | Area::CloudFolder => vec![format!("/v1{template}")],
            Area::Web => vec![format!("/apps/saas{template}")],
            Area::Assets => vec![format!("/__assets{template}")],
            Area::Admin => vec![format!("/__admin{template}")],
        }
    }

    /// The paths that lead to it in the router.
    pub(crate) fn routed_paths(&self) -> Vec<String> {
        let paths = self.paths();
        match self.area {
            Area::CloudFolder => Vec::new(),
            Area::Cloud => paths
                .into_iter()
                .flat_map(|path| {
                    let folder = path.trim_end_matches("/{*path}").to_owned();
                    [format!("{folder}/"), folder, path]
                })
                .collect(),
            _ => paths,
        }
    }

    /// Its method, typed.
    pub fn http_method(&self) -> Method {
        Method::from_bytes(self.method.as_bytes()).unwrap_or_default()
    }

    /// The row that a fault rule means: by operation name, or by method and path template.
    ///
    /// # Errors
    /// The rows whose spelling is near, when none matches.
    pub fn find(text: &str) -> Result<&'static Self, Vec<String>> {
        let text = text.trim();
        let spellings = || {
            ROUTES.iter().filter(|route| route.area != Area::Admin).flat_map(|route| {
                let paths = route.paths().into_iter();
                let full = paths.map(|path| format!("{} {path}", route.method));
                full.chain([route.name.to_owned()]).map(move |spelling| (route, spelling))
            })
        };
        if let Some((route, _)) = spellings().find(|(_, spelling)| spelling == text) {
            return Ok(route);
        }
        let mut near: Vec<_> = spellings()
            .map(|(_, spelling)| (strsim::damerau_levenshtein(text, &spelling), spelling))
            .collect();
        near.sort();
        Err(near.into_iter().take(3).map(|(_, spelling)| spelling).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_finds_its_row_and_names_are_distinct() {
        for route in ROUTES {
            assert_eq!(route.operation.route().name, route.name);
            assert_eq!(ROUTES.iter().filter(|other| other.name == route.name).count(), 1);
        }
    }

    #[test]
    fn a_fault_rule_names_a_route_by_path_or_by_operation() {
        let by_path = Route::find("GET /v1.7/permission-access/query/{sessionKey}").unwrap();
        assert_eq!(by_path.operation, Operation::ReadFileList);
        assert_eq!(Route::find("readFileList").unwrap().operation, Operation::ReadFileList);
        let near = Route::find("GET /v1.7/permission-access/querry/{sessionKey}").unwrap_err();
        assert_eq!(near[0], "GET /v1.7/permission-access/query/{sessionKey}");
        assert!(Route::find("GET /__admin/health").is_err());
    }
}
