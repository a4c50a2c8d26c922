//! The tokens of known issuers: how they begin, what they are made of, and how long that is at least.

use crate::chars::{
    at, before, is_alnum, is_alpha, is_digit, is_hex, is_name, is_token, is_upper, part, span, span_back,
};

/// What stands behind the mark.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Made {
    /// Hexadecimal digits.
    Hex,
    /// Capitals and digits.
    Upper,
    /// Letters and digits.
    Alnum,
    /// These, `_` and `-`.
    Name,
    /// The same, with so many letters and digits in a row somewhere: other words begin with this mark too.
    Dense,
    /// Names joined by full stops.
    Parts,
    /// Base64, also in its other forms.
    Base64,
}

use Made::{Alnum, Base64, Dense, Hex, Name, Parts, Upper};

/// The least letters and digits in a row of [`Made::Dense`].
const DENSE: usize = 16;
/// The longest mark with what stands between it and the first digit, in bytes.
const MAX_LEAD: usize = 40;
/// The longest token.
const MAX_TOKEN: usize = 4096;
/// The shortest token.
const SHORTEST: usize = 20;

/// In the order of their first bytes.
static MARKS: &[(&[u8], Made, usize)] = &[
    (b"ABIA", Upper, 16),
    (b"ACCA", Upper, 16),
    (b"AGE-SECRET-KEY-1", Upper, 58),
    (b"AIza", Name, 35),
    (b"AKCp", Alnum, 69),
    (b"AKIA", Upper, 16),
    (b"ASIA", Upper, 16),
    (b"ATATT3", Base64, 60),
    (b"ATBB", Alnum, 32),
    (b"ATCTT3", Base64, 60),
    (b"EAA", Name, 60),
    (b"EZAK", Alnum, 54),
    (b"EZTK", Alnum, 54),
    (b"GOCSPX-", Name, 28),
    (b"GR1348941", Name, 20),
    (b"HRKU-", Name, 36),
    (b"LTAI", Alnum, 20),
    (b"NRAK-", Upper, 27),
    (b"PMAK-", Name, 59),
    (b"SG.", Parts, 60),
    (b"SK", Hex, 32),
    (b"api_org_", Alnum, 34),
    (b"cio", Alnum, 32),
    (b"dapi", Hex, 32),
    (b"dckr_oat_", Name, 27),
    (b"dckr_pat_", Name, 27),
    (b"doo_v1_", Hex, 64),
    (b"dop_v1_", Hex, 64),
    (b"dor_v1_", Hex, 64),
    (b"dp.audit.", Parts, 40),
    (b"dp.ct.", Parts, 40),
    (b"dp.pt.", Parts, 40),
    (b"dp.sa.", Parts, 40),
    (b"dp.scim.", Parts, 40),
    (b"dp.st.", Parts, 40),
    (b"dt0c01.", Parts, 80),
    (b"eyJ", Parts, 30),
    (b"figd_", Name, 40),
    (b"fm1r_", Base64, 40),
    (b"fm2_", Base64, 40),
    (b"fo1_", Name, 40),
    (b"gho_", Alnum, 36),
    (b"ghp_", Alnum, 36),
    (b"ghr_", Alnum, 36),
    (b"ghs_", Parts, 36),
    (b"ghu_", Alnum, 36),
    (b"github_pat_", Name, 82),
    (b"glagent-", Name, 50),
    (b"glc_", Base64, 40),
    (b"glcbt-", Name, 20),
    (b"gldt-", Name, 20),
    (b"glffct-", Name, 20),
    (b"glft-", Name, 20),
    (b"glimt-", Name, 20),
    (b"gloas-", Name, 40),
    (b"glpat-", Parts, 20),
    (b"glptt-", Name, 40),
    (b"glrt-", Parts, 20),
    (b"glrtr-", Parts, 20),
    (b"glsa_", Name, 41),
    (b"glsoat-", Name, 20),
    (b"gsk_", Alnum, 40),
    (b"hf_", Alnum, 34),
    (b"hvb.", Name, 90),
    (b"hvr.", Name, 90),
    (b"hvs.", Name, 24),
    (b"key-", Hex, 32),
    (b"lin_api_", Alnum, 40),
    (b"lin_oauth_", Alnum, 40),
    (b"mcp_", Dense, 20),
    (b"npm_", Alnum, 36),
    (b"ntn_", Alnum, 40),
    (b"nvapi-", Name, 60),
    (b"ops_eyJ", Base64, 100),
    (b"oy2", Alnum, 43),
    (b"p8e-", Alnum, 32),
    (b"pk_live_", Alnum, 16),
    (b"pplx-", Alnum, 40),
    (b"pscale_oauth_", Parts, 32),
    (b"pscale_pw_", Parts, 32),
    (b"pscale_tkn_", Parts, 32),
    (b"pul-", Hex, 40),
    (b"pypi-", Dense, 50),
    (b"r8_", Alnum, 37),
    (b"rk_live_", Alnum, 16),
    (b"rk_test_", Alnum, 16),
    (b"rubygems_", Hex, 48),
    (b"sbp_", Hex, 40),
    (b"secret_", Alnum, 43),
    (b"sgp_", Name, 40),
    (b"shpat_", Hex, 32),
    (b"shpca_", Hex, 32),
    (b"shppa_", Hex, 32),
    (b"shpss_", Hex, 32),
    (b"sk-", Dense, 20),
    (b"sk_live_", Alnum, 16),
    (b"sk_test_", Alnum, 16),
    (b"sntrys_", Base64, 60),
    (b"sntryu_", Hex, 64),
    (b"sq0atp-", Name, 22),
    (b"sq0csp-", Name, 43),
    (b"tskey-", Dense, 20),
    (b"v1.0-", Name, 171),
    (b"whsec_", Base64, 24),
    (b"xai-", Alnum, 70),
    (b"xapp-", Name, 40),
    (b"xoxa-", Name, 20),
    (b"xoxb-", Name, 20),
    (b"xoxc-", Name, 20),
    (b"xoxd-", Base64, 40),
    (b"xoxe-", Name, 40),
    (b"xoxe.xoxb-", Name, 40),
    (b"xoxe.xoxp-", Name, 40),
    (b"xoxo-", Name, 20),
    (b"xoxp-", Name, 20),
    (b"xoxr-", Name, 20),
    (b"xoxs-", Name, 20),
    (b"ya29.", Parts, 30),
];

/// Addresses that are a secret as a whole: whoever knows one may post.
static HOOKS: [&[u8]; 5] = [
    b"hooks.slack.com/services/",
    b"hooks.slack.com/workflows/",
    b"discord.com/api/webhooks/",
    b"discordapp.com/api/webhooks/",
    b".webhook.office.com/webhookb2/",
];

/// Where the token of a known issuer lies, of which the word of letters and digits is a part that begins at `start`; `end` is
/// where the run of bytes ends that tokens are made of.
pub(crate) fn issued(bytes: &[u8], start: usize, end: usize) -> Option<(usize, usize)> {
    let joins = |byte: u8| is_name(byte) || byte == b'.';
    // Nearly every word is too short, with all that is joined to it.
    if let Some(first) = end.checked_sub(SHORTEST).filter(|&first| first < start)
        && !(joins(at(bytes, first)) && joins(before(bytes, start)))
    {
        return None;
    }
    let lead = span_back(bytes, start, MAX_LEAD, joins);
    let whole = end.saturating_sub(start) + lead;
    if whole < SHORTEST {
        return None;
    }
    let end = end.min(start + MAX_TOKEN);
    let found = shaped(bytes, start, end);
    if found.is_some() {
        return found;
    }
    // The mark stands at the beginning of a word, the first one first.
    let (mut begin, mut apart) = (start - lead, !is_alnum(before(bytes, start - lead)));
    for &byte in part(bytes, begin, start + 1) {
        if apart && is_alpha(byte) {
            let marked = marked(bytes, begin, end).filter(|&end| end > start);
            if let Some(end) = marked {
                return Some((begin, end));
            }
        }
        apart = !is_alnum(byte);
        begin += 1;
    }
    None
}

/// Where the token ends that begins here with the mark of its issuer.
fn marked(bytes: &[u8], begin: usize, end: usize) -> Option<usize> {
    let word = part(bytes, begin, end);
    if word.len() < SHORTEST {
        return None;
    }
    let first = at(word, 0);
    let from = MARKS.partition_point(|(mark, ..)| at(mark, 0) < first);
    MARKS
        .iter()
        .skip(from)
        .take_while(|(mark, ..)| at(mark, 0) == first)
        .filter(|(mark, ..)| word.starts_with(mark))
        .find_map(|&(mark, made, least)| rest(word, mark.len(), made, least))
        .map(|length| begin + length)
}

/// How long the word is with the rest behind its mark.
fn rest(word: &[u8], mark: usize, made: Made, least: usize) -> Option<usize> {
    let test: fn(u8) -> bool = match made {
        Hex => is_hex,
        Upper => |byte| is_upper(byte) || is_digit(byte),
        Alnum => is_alnum,
        Name | Dense => is_name,
        Parts => |byte| is_name(byte) || byte == b'.',
        Base64 => is_token,
    };
    let length = span(word, mark, usize::MAX, test);
    let end = mark + length;
    let end = end - span_back(word, end, length, |byte| matches!(byte, b'.' | b'-' | b'/'));
    let dense = || part(word, mark, end).split(|&byte| !is_alnum(byte)).any(|part| part.len() >= DENSE);
    let fits = end >= mark + least && !is_alnum(at(word, end)) && (made != Dense || dense());
    fits.then_some(end)
}

/// Tokens without a mark in front, by what joins their parts.
fn shaped(bytes: &[u8], start: usize, end: usize) -> Option<(usize, usize)> {
    let word = span(bytes, start, 64, is_alnum);
    match before(bytes, start) {
        // Telegram: "123456789:AA..."
        b':' if part(bytes, start, start + 2) == b"AA" || at(bytes, start) == b'A' => telegram(bytes, start),
        b'0'..=b'9' => google_refresh(bytes, start),
        b'/' => hook(bytes, start, end),
        b'.' if part(bytes, start, start + 8) == b"atlasv1." => {
            // Terraform: fourteen letters and digits, ".atlasv1.", sixty or more.
            let lead = span_back(bytes, start - 1, 15, is_alnum);
            let length = span(bytes, start + 8, 128, is_name);
            (lead == 14 && length >= 60).then_some((start - 15, start + 8 + length))
        }
        _ if word == 32 && part(bytes, start + 32, start + 35) == b"-us" && is_digit(at(bytes, start + 35)) => {
            // Mailchimp: 32 hexadecimal digits and a data centre.
            let hex = span(bytes, start, 33, is_hex) == 32;
            hex.then(|| (start, start + 35 + span(bytes, start + 35, 2, is_digit)))
        }
        _ if (23..=28).contains(&word) && at(bytes, start + word) == b'.' => discord(bytes, start, word),
        _ => None,
    }
}

/// "1//0" and forty or more: the first digits are numbers by themselves.
fn google_refresh(bytes: &[u8], start: usize) -> Option<(usize, usize)> {
    let digits = start - span_back(bytes, start, 8, is_digit);
    let begin = digits.checked_sub(3).filter(|&begin| part(bytes, begin, digits + 1) == b"1//0")?;
    let length = span(bytes, start, 512, is_name);
    (length >= 40 && !is_alnum(before(bytes, begin))).then_some((begin, start + length))
}

/// A bot's number, a colon, and 35 characters that begin with `AA`.
fn telegram(bytes: &[u8], start: usize) -> Option<(usize, usize)> {
    let number = span_back(bytes, start - 1, 11, is_digit);
    let begin = start - 1 - number;
    let bot = part(bytes, begin.saturating_sub(3), begin) == b"bot";
    let free = !is_alnum(before(bytes, begin)) || bot;
    let fits = (8..=10).contains(&number) && span(bytes, start, 40, is_name) == 35;
    (fits && free).then_some((begin, start + 35))
}

/// The number of a user in Base64, six characters and 27 or more, joined by full stops.
fn discord(bytes: &[u8], start: usize, first: usize) -> Option<(usize, usize)> {
    let second = start + first + 1;
    let third = second + span(bytes, second, 8, is_name) + 1;
    let last = span(bytes, third, 40, is_name);
    let fits = third == second + 7 && at(bytes, third - 1) == b'.' && (27..=38).contains(&last);
    (fits && matches!(at(bytes, start), b'M' | b'N' | b'O') && !is_name(before(bytes, start)))
        .then_some((start, third + last))
}

/// The whole address of a hook.
fn hook(bytes: &[u8], start: usize, end: usize) -> Option<(usize, usize)> {
    let lead = span_back(bytes, start, 2 * MAX_LEAD, is_token);
    let head = part(bytes, start - lead, start);
    let known = HOOKS.iter().any(|hook| head.windows(hook.len()).any(|window| window == *hook));
    if !known || end < start + 8 {
        return None;
    }
    let scheme = part(bytes, (start - lead).saturating_sub(6), start - lead);
    let begin = if scheme.ends_with(b"https:") { start - lead - 6 } else { start - lead };
    let end = end - span_back(bytes, end, end - start, |byte| matches!(byte, b'.' | b'-' | b'/' | b'='));
    Some((begin, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_whole() {
        assert!(MARKS.is_sorted_by_key(|(mark, ..)| at(mark, 0)));
        for (mark, made, least) in MARKS {
            assert!(mark.len() + least >= SHORTEST && mark.len() + 16 < MAX_LEAD, "{mark:?}");
            let body: &[u8] = if *made == Upper { b"7A2B" } else { b"7a2b" };
            let body: Vec<u8> = body.iter().copied().cycle().take(*least).collect();
            let token = [mark, &body[..]].concat();
            assert_eq!(issued(&token, mark.len(), token.len()), Some((0, token.len())), "{mark:?}");
            let short = &token[..token.len() - 1];
            assert!(!matches!(issued(short, mark.len(), short.len()), Some((0, _))), "{mark:?}");
        }
    }
}
