//! The grants of the token endpoint: one file each, one line each in this table.

pub mod authorization_code;
pub mod client_credentials;
pub mod refresh_token;

use crate::{
    error::{ErrorCode, OAuthError},
    params::Params,
};

/// A token request, read by its grant.
pub enum TokenRequest {
    /// RFC 6749 section 4.1.3.
    AuthorizationCode(authorization_code::Request),
    /// RFC 6749 section 6.
    RefreshToken(refresh_token::Request),
    /// RFC 6749 section 4.4.
    ClientCredentials(client_credentials::Request),
}

/// A grant: its name, and how its request is read.
pub struct Grant {
    /// The `grant_type`.
    pub name: &'static str,
    parse: fn(&Params) -> Result<TokenRequest, OAuthError>,
}

/// All grants there are.
pub const GRANTS: [Grant; 3] = [
    Grant { name: authorization_code::NAME, parse: authorization_code::parse },
    Grant { name: refresh_token::NAME, parse: refresh_token::parse },
    Grant { name: client_credentials::NAME, parse: client_credentials::parse },
];

/// Reads a token request; gives the grant's name too, for the check against the client's registration.
pub fn parse(params: &Params) -> Result<(&'static str, TokenRequest), OAuthError> {
    let name = params.require("grant_type")?;
    let grant = GRANTS.iter().find(|grant| grant.name == name);
    let grant =
        grant.ok_or_else(|| OAuthError::new(ErrorCode::UnsupportedGrantType, "this grant_type is not supported"))?;
    Ok((grant.name, (grant.parse)(params)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    fn code_of(form: &str) -> ErrorCode {
        parse(&Params::parse(form.as_bytes()).unwrap()).err().unwrap().code
    }

    #[test]
    fn each_grant_names_what_it_lacks() {
        use ErrorCode::*;
        for (form, code) in [
            ("", InvalidRequest),
            ("grant_type=password&username=a&password=b", UnsupportedGrantType),
            ("grant_type=implicit", UnsupportedGrantType),
            ("grant_type=Authorization_Code", UnsupportedGrantType),
            ("grant_type=authorization_code", InvalidRequest),
            ("grant_type=authorization_code&code=x", InvalidRequest),
            ("grant_type=authorization_code&code=x&code_verifier=short", InvalidRequest),
            (&format!("grant_type=authorization_code&code_verifier={VERIFIER}"), InvalidRequest),
            ("grant_type=refresh_token", InvalidRequest),
            ("grant_type=refresh_token&refresh_token=x&scope=%22", InvalidScope),
            ("grant_type=client_credentials&scope=%5C", InvalidScope),
            ("grant_type=client_credentials&resource=x", InvalidTarget),
        ] {
            assert_eq!(code_of(form), code, "{form}");
        }
    }
}
