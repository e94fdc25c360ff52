//! Counts in words: thousands apart, and the noun that the number asks for.

/// A count with thousands separators: `12,345`.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len().saturating_mul(2));
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && digits.len().saturating_sub(i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// So many of something: `1 token`, `12,345 tokens`.
pub fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(n), if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_one_and_all_others_are_many() {
        let tokens = |n| counted(n, "token", "tokens");
        assert_eq!(
            [0, 1, 2, 12_345].map(tokens),
            ["0 tokens", "1 token", "2 tokens", "12,345 tokens"]
        );
    }
}
