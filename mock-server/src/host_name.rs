//! What a host name looks like.

/// Whether a text is a host name; a dot may end it. One that ends in a number is a mistyped address,
/// such as 127.0.1.
pub(crate) fn is_host_name(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let name = text.strip_suffix('.').unwrap_or(text);
    let last = name.rsplit('.').next().unwrap_or_default();
    let last_is_number = last.bytes().all(|byte| byte.is_ascii_digit());
    text.len() <= 253 && name.split('.').all(label) && !last_is_number
}
