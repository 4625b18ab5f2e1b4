//! Operation → what goes over the wire.

use super::exchange::Exchange;
use super::schemas::Schemas;
use super::{admin, discovery, library, platform, storage, web};
use crate::operations::route::Operation;

/// A match without a default, so that a new operation cannot be forgotten.
pub(super) fn exchange(operation: Operation, schemas: &mut Schemas) -> Exchange {
    match operation {
        Operation::Authorize => platform::authorize(schemas),
        Operation::Token => platform::token(schemas),
        Operation::ReadSession => platform::read_session(schemas),
        Operation::ReadFileList => platform::read_file_list(schemas),
        Operation::ReadFile => platform::read_file(),
        Operation::ReadFileMetadata => platform::read_file_metadata(),
        Operation::ReadAccounts => platform::read_accounts(schemas),
        Operation::Jwks => platform::jwks(schemas),
        Operation::QuerySources => discovery::sources(schemas),
        Operation::QueryCountries => discovery::countries(schemas),
        Operation::QueryPlatforms => discovery::platforms(schemas),
        Operation::QueryCategories => discovery::categories(schemas),
        Operation::QuerySourceTypes => discovery::source_types(schemas),
        Operation::AvailableServices => discovery::services(schemas),
        Operation::SampleDatasets => discovery::sample_datasets(schemas),
        Operation::Asset => discovery::asset(),
        Operation::CreateStorage => storage::create(schemas),
        Operation::UserStorage => storage::of_user(schemas),
        Operation::ListStorageFiles => storage::list(schemas),
        Operation::UploadStorageFile => storage::upload(schemas),
        Operation::DownloadStorageFile => storage::download(),
        Operation::DeleteStorageFiles => storage::delete(),
        Operation::TokenReference => library::token_reference(schemas),
        Operation::Reference => library::reference(schemas),
        Operation::RevokeAccountPermission => library::revoke(schemas),
        Operation::DeleteUser => library::delete_user(),
        Operation::DeleteAccount => library::delete_account(),
        Operation::PushToLibrary => library::push(schemas),
        Operation::PushToProvider => library::push_to_provider(schemas),
        Operation::PortabilityReport => library::portability_report(),
        Operation::ContractDetails => library::contract(schemas),
        Operation::NamedContractDetails => library::named_contract(schemas),
        Operation::Tracking => library::tracking(schemas),
        Operation::ConsentPage
        | Operation::OnboardPage
        | Operation::UserReauthPage
        | Operation::ReauthorizePage
        | Operation::RevokePage => web::consent_page(),
        Operation::ConsentDecision
        | Operation::OnboardDecision
        | Operation::UserReauthDecision
        | Operation::ReauthorizeDecision
        | Operation::RevokeDecision => web::consent_decision(),
        Operation::AdminHealth => admin::health(schemas),
        Operation::AdminOpenapi => admin::openapi(schemas),
        Operation::AdminCredentials | Operation::AdminCreateSandbox => admin::credentials(operation, schemas),
        Operation::AdminConsent => admin::consent(schemas),
        Operation::AdminClock | Operation::AdminMoveClock => admin::clock(operation, schemas),
        Operation::AdminReset => admin::reset(schemas),
        Operation::AdminRequests | Operation::AdminForgetRequests => admin::requests(schemas),
        Operation::AdminClientReport => admin::client_report(schemas),
        Operation::AdminExplain => admin::explain(schemas),
        Operation::AdminFaults | Operation::AdminClearFaults => admin::faults(schemas),
        Operation::AdminInjectFault => admin::inject_fault(schemas),
        Operation::AdminRemoveSandbox => admin::remove_sandbox(schemas),
    }
}
