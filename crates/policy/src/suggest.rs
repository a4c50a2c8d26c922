//! “Did you mean …?”

/// The candidate nearest to a misspelt word, when it is near enough to be meant.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = word.chars().count();
    let limit = length.div_ceil(3).max(2).min(length.saturating_sub(1));
    let scored = candidates.into_iter().map(|candidate| (distance(word, candidate), candidate));
    scored
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// A remedy: the nearest candidate, or all of them.
pub(crate) fn remedy<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str> + Clone) -> String {
    match nearest(word, candidates.clone()) {
        Some(candidate) => format!("did you mean `{candidate}`?"),
        None => format!("use one of: {}", candidates.into_iter().collect::<Vec<_>>().join(", ")),
    }
}

/// Levenshtein's distance, without regard to case.
fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (a.to_lowercase(), b.to_lowercase());
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut left = i + 1;
        let mut next = vec![left];
        for ((y, above), diagonal) in b.chars().zip(row.iter().skip(1)).zip(&row) {
            left = (left + 1).min(above + 1).min(diagonal + usize::from(x != y));
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant() {
        let roles = ["EMPLOYEE", "DEPARTMENT_HEAD", "ADMINISTRATOR"];
        assert_eq!(nearest("EMPLOYE", roles), Some("EMPLOYEE"));
        assert_eq!(nearest("department-head", roles), Some("DEPARTMENT_HEAD"));
        assert_eq!(nearest("GUEST", roles), None);
        assert_eq!(nearest("onw", ["own", "all"]), Some("own"));
        assert_eq!((nearest("x", ["own"]), nearest("", ["own"])), (None, None));
        assert_eq!(remedy("GUEST", roles), "use one of: EMPLOYEE, DEPARTMENT_HEAD, ADMINISTRATOR");
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
