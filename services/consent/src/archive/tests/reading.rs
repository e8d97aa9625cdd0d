//! What `index.html` shows.

use super::*;

fn page_of(dossier: &Dossier) -> String {
    super::super::page::page(dossier, &key().verifying_key())
}

#[test]
fn the_page_says_in_words_who_agreed_to_what_and_why_a_text_was_refused() {
    let page = page_of(&dossier());
    for words in [
        "person +15005550006",
        "Agreed to receive texts",
        "<blockquote>I agree to texts from Example Ltd.</blockquote>",
        "Web form",
        "The person had asked for no more texts of any kind. (OPTED_OUT_GLOBAL)",
        "none: nobody judged this message",
        "Erased. The entry still verifies.",
        "forbid (principal, action, resource);",
        "hailmast evidence verify",
        "15 January 2027, 08:00:00 UTC",
    ] {
        assert!(page.contains(words), "{words}");
    }
}

#[test]
fn whatever_stands_in_the_dossier_cannot_become_markup() {
    const EVIL: &str = "\"><script>alert('x')</script>&";
    let mut dossier = dossier();
    dossier.subject = EVIL.into();
    dossier.tenant = EVIL.into();
    dossier.generated_by = EVIL.into();
    for entry in &mut dossier.ledger {
        let link = &mut entry.link;
        (link.action, link.method, link.channel) = (EVIL.into(), EVIL.into(), EVIL.into());
        link.programme = Some(EVIL.into());
        link.class = Some(EVIL.into());
        link.level = Some(EVIL.into());
        if let Some(personal) = &mut entry.personal {
            personal.text =
                json!({"disclosure_text": EVIL, EVIL: [EVIL, {EVIL: EVIL}]}).to_string();
        }
    }
    dossier.ledger[0].personal = Some(Personal {
        text: EVIL.into(),
        salt: [0; 16],
    });
    let all = |fields: &[&str]| {
        let mut object = json!({EVIL: EVIL});
        for field in fields {
            object[*field] = EVIL.into();
        }
        object
    };
    dossier.messages = vec![all(&[
        "message",
        "campaign",
        "class",
        "text",
        "granted_at",
        "decision",
    ])];
    dossier.decisions = vec![all(&[
        "id",
        "effect",
        "reason",
        "policies",
        "facts",
        "policy_set",
    ])];
    dossier.policy_sets = vec![json!({"hash": EVIL, "texts": {EVIL: EVIL}, EVIL: EVIL})];
    let page = page_of(&dossier);
    assert!(page.contains("&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;"));
    assert!(!page.contains("<script"), "markup came through");
    assert!(!page.contains("\"><script"));
    assert!(!page.contains("alert('x')"));
}

#[test]
fn text_that_hides_or_turns_around_is_shown_by_its_number() {
    let mut dossier = dossier();
    dossier.subject = "a\u{202e}b\u{200b}c\u{0}".into();
    assert!(page_of(&dossier).contains("a[U+202E]b[U+200B]c[U+0000]"));
}

#[test]
fn the_page_loads_nothing() {
    let page = page_of(&dossier());
    for loading in ["src=", "url(", "@import", "http://", "https://", "<link"] {
        assert!(!page.contains(loading), "{loading}");
    }
}

#[test]
fn a_message_points_at_its_decision() {
    let page = page_of(&dossier());
    assert!(page.contains("<a href=\"#dec_2\">") && page.contains("<h3 id=\"dec_2\">"));
}
