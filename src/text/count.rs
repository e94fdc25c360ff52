//! Counts in words: thousands apart, the noun that the number asks for, and sizes with their unit.

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

/// Events of a stream that could not be read: `1 unreadable event`.
pub fn unreadable(events: u32) -> String {
    counted(events.into(), "unreadable event", "unreadable events")
}

/// A size: `4 MiB`, `64 KiB`, `1,000 bytes`.
pub fn bytes(n: usize) -> String {
    const KIB: usize = 1 << 10;
    const MIB: usize = 1 << 20;
    match n {
        n if n >= MIB && n.is_multiple_of(MIB) => format!("{} MiB", n >> 20),
        n if n >= KIB && n.is_multiple_of(KIB) => format!("{} KiB", n >> 10),
        n => counted(n as u64, "byte", "bytes"),
    }
}

/// About a size, in the unit that suits it: `2.3 MiB`.
pub fn size(bytes: u64) -> String {
    let bytes = bytes as f64;
    for (unit, name) in [(30, "GiB"), (20, "MiB"), (10, "KiB")] {
        let unit = f64::from(1_u32 << unit);
        if bytes >= unit {
            return format!("{:.1} {name}", bytes / unit);
        }
    }
    format!("{bytes:.0} B")
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
        assert_eq!(unreadable(1), "1 unreadable event");
    }

    #[test]
    fn sizes_have_the_largest_unit_that_fits() {
        let sizes = [0, 1_000, 1 << 10, 3 << 19, 4 << 20, 1 << 30].map(bytes);
        let shown = [
            "0 bytes",
            "1,000 bytes",
            "1 KiB",
            "1536 KiB",
            "4 MiB",
            "1024 MiB",
        ];
        assert_eq!(sizes, shown);
    }
}
