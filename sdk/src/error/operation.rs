//! Names of the operations, as they appear in errors and traces.

use std::fmt;

/// One operation of the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// `POST oauth/authorize` (protocol reference, http-api §2.1).
    Authorize,
    /// `POST reference` (§2.3).
    CreateReference,
    /// `POST oauth/token` with an authorization code (§3.1).
    ExchangeCode,
    /// `POST oauth/token` with a refresh token (§3.1).
    RefreshToken,
    /// `POST permission-access/trigger` (§4.1).
    ReadSession,
    /// `GET permission-access/query/{sessionKey}` (§4.2).
    ReadFileList,
    /// `GET permission-access/query/{sessionKey}/{fileName}` (§4.3).
    ReadFile,
    /// `HEAD permission-access/query/{sessionKey}/{fileName}` (§4.4).
    ReadFileMetadata,
    /// `POST permission-access/session` up to v1.6 (legacy/endpoints §1).
    EstablishSession,
    /// `POST permission-access/postbox/{postboxId}` up to v1.6 (legacy/endpoints §9).
    PushToPostbox,
    /// Polling and downloading everything (README §8).
    ReadAllFiles,
    /// `GET permission-access/accounts` (§4.5).
    ReadAccounts,
    /// `POST oauth/token/reference` to connect a source (§2.2).
    OnboardService,
    /// `POST oauth/token/reference` to renew a user (§2.2).
    ReauthorizeUser,
    /// `POST oauth/token/reference` to log in to an account again (§2.2).
    ReauthorizeAccount,
    /// `GET permission-access/revoke/h:accountId` (§5.5).
    RevokeAccountPermission,
    /// `POST permission-access/import` (§5.1).
    PushToLibrary,
    /// `POST permission-access/import/h:accountId/{standard}/{version}` (§5.2).
    PushToProvider,
    /// `DELETE user` (§5.3).
    DeleteUser,
    /// `DELETE permission-access/service/h:accountId` (§5.4).
    DeleteAccount,
    /// `GET export/{serviceType}/report` (§5.6).
    PortabilityReport,
    /// `POST discovery/sources` (§6.1).
    QuerySources,
    /// `POST discovery/countries` (§6.2).
    QueryCountries,
    /// `POST discovery/platforms` (§6.3).
    QueryPlatforms,
    /// `POST discovery/categories` (§6.4).
    QueryCategories,
    /// `POST discovery/sourceTypes` (§6.5).
    QuerySourceTypes,
    /// `GET discovery/services` (§6.6).
    ReadServices,
    /// `GET permission-access/sample/datasets/{sourceId}` (§6.7).
    SampleDataSets,
    /// `GET permission-access/contract` (§7).
    ContractDetails,
    /// `POST storage` (§8.1).
    CreateStorage,
    /// `GET storage` (§8.2).
    ReadStorage,
    /// `GET clouds/{id}/files/apps/{appId}…` of a folder (§8.4).
    ListStorage,
    /// `POST clouds/{id}/files/apps/{appId}…` (§8.4).
    UploadToStorage,
    /// `GET clouds/{id}/files/apps/{appId}…` of a file (§8.4).
    DownloadFromStorage,
    /// `DELETE clouds/{id}/files/apps/{appId}…` (§8.4).
    DeleteFromStorage,
    /// `GET` of a JSON Web Key Set (§9.1).
    KeySet,
    /// Reading a consent callback (consent-web §5).
    Callback,
}

impl Operation {
    /// The name used in errors and in the `operation` field of traces.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Authorize => "authorize_url",
            Self::CreateReference => "create_reference",
            Self::ExchangeCode => "exchange_code_for_token",
            Self::RefreshToken => "refresh_token",
            Self::ReadSession => "read_session",
            Self::ReadFileList => "read_file_list",
            Self::ReadFile => "read_file",
            Self::ReadFileMetadata => "read_file_metadata",
            Self::EstablishSession => "establish_session",
            Self::PushToPostbox => "push_to_postbox",
            Self::ReadAllFiles => "read_all_files",
            Self::ReadAccounts => "read_accounts",
            Self::OnboardService => "onboard_service_url",
            Self::ReauthorizeUser => "reauthorize_url",
            Self::ReauthorizeAccount => "reauthorize_account_url",
            Self::RevokeAccountPermission => "revoke_account_permission_url",
            Self::PushToLibrary => "push_to_library",
            Self::PushToProvider => "push_to_provider",
            Self::DeleteUser => "delete",
            Self::DeleteAccount => "delete_account",
            Self::PortabilityReport => "portability_report",
            Self::QuerySources => "query_sources",
            Self::QueryCountries => "query_countries",
            Self::QueryPlatforms => "query_platforms",
            Self::QueryCategories => "query_categories",
            Self::QuerySourceTypes => "query_source_types",
            Self::ReadServices => "services",
            Self::SampleDataSets => "sample_data_sets",
            Self::ContractDetails => "contract_details",
            Self::CreateStorage => "create_provisional_storage",
            Self::ReadStorage => "storage",
            Self::ListStorage => "list_storage",
            Self::UploadToStorage => "upload_to_storage",
            Self::DownloadFromStorage => "download_from_storage",
            Self::DeleteFromStorage => "delete_from_storage",
            Self::KeySet => "key_set",
            Self::Callback => "callback",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
