//! What the mock says no with: the flat JSON bodies of the real service, each with its status.
//! Who says no, and when, is the business of `request`, `limits` and `server`.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// A refused request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    /// Boxed, so that a result which may be a refusal stays small.
    pub(crate) body: Box<ErrorBody>,
    /// Seconds in `retry-after`.
    pub(crate) retry_after: Option<u64>,
}

/// An error as Cerebras writes it: flat, in this key order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ErrorBody {
    pub(crate) message: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) param: String,
    pub(crate) code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
}

impl Refusal {
    pub(crate) fn new(
        status: StatusCode,
        message: impl Into<String>,
        kind: &str,
        param: &str,
        code: &str,
    ) -> Self {
        let (kind, param, code) = (kind.to_owned(), param.to_owned(), code.to_owned());
        Self {
            status,
            body: Box::new(ErrorBody {
                message: message.into(),
                kind,
                param,
                code,
                id: None,
            }),
            retry_after: None,
        }
    }

    /// The body's fields are wrong; complaints are joined by line breaks.
    pub(crate) fn format(complaints: &[String]) -> Self {
        let message = complaints.join("\n");
        Self::new(
            StatusCode::BAD_REQUEST,
            message,
            "invalid_request_error",
            "validation_error",
            "wrong_api_format",
        )
    }

    /// One thing about a parameter is wrong.
    pub(crate) fn parameter(param: &str, message: impl Into<String>) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            message,
            "invalid_request_error",
            param,
            "wrong_api_format",
        )
    }

    pub(crate) fn context(current: u64, limit: u64) -> Self {
        let message = format!(
            "Please reduce the length of the messages or completion. Current length is {current} while limit is {limit}"
        );
        let code = "context_length_exceeded";
        let mut refusal = Self::new(
            StatusCode::BAD_REQUEST,
            message,
            "invalid_request_error",
            "messages",
            code,
        );
        refusal.body.id = Some(String::new());
        refusal
    }

    pub(crate) fn wrong_key() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "Wrong API Key",
            "invalid_request_error",
            "api_key",
            "wrong_api_key",
        )
    }

    pub(crate) fn payment() -> Self {
        let message = "Payment required to access this resource. Visit your billing tab.";
        Self::new(
            StatusCode::PAYMENT_REQUIRED,
            message,
            "payment_required_error",
            "quota",
            "payment_required",
        )
    }

    /// The request comes from a web page or under a foreign name: this server is for this machine's programs only.
    pub(crate) fn foreign() -> Self {
        let message = "The mock answers programs on this machine only.";
        Self::new(
            StatusCode::FORBIDDEN,
            message,
            "permission_error",
            "",
            "forbidden",
        )
    }

    pub(crate) fn no_model(archived: bool) -> Self {
        let message = "Model does not exist or you do not have access to it.";
        let code = if archived {
            "model_archived"
        } else {
            "model_not_found"
        };
        Self::new(
            StatusCode::NOT_FOUND,
            message,
            "not_found_error",
            "model",
            code,
        )
    }

    pub(crate) fn no_route() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "Not Found",
            "not_found_error",
            "",
            "not_found",
        )
    }

    pub(crate) fn too_large(limit: usize) -> Self {
        let message = format!("Request body is larger than {limit} bytes");
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            message,
            "invalid_request_error",
            "",
            "request_too_large",
        )
    }

    pub(crate) fn media_type(found: &str) -> Self {
        let message = format!("The mock reads application/json, not {found}");
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            message,
            "invalid_request_error",
            "",
            "unsupported_media_type",
        )
    }

    /// A bucket is empty; `window` is `minute`, `hour` or `day`.
    pub(crate) fn too_many_requests(window: &str, retry_after: u64) -> Self {
        let message = format!("Requests per {window} limit exceeded - too many requests sent.");
        let code = "request_quota_exceeded";
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            message,
            "too_many_requests_error",
            "quota",
            code,
        )
        .after(retry_after)
    }

    /// A token bucket is empty.
    pub(crate) fn too_many_tokens(window: &str, retry_after: u64) -> Self {
        let message = format!("Tokens per {window} limit exceeded - too many tokens processed.");
        let code = "token_quota_exceeded";
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            message,
            "too_many_tokens_error",
            "quota",
            code,
        )
        .after(retry_after)
    }

    fn after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        if let Some(seconds) = self.retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
