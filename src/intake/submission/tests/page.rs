//! The page that a form stood in.

use super::{checked, codes, field, form};
use crate::form::{FormSpec, Kind};

#[test]
fn what_cannot_be_the_page_of_a_form_is_left_out_unless_the_form_asks_for_it() {
    let page = |form: &FormSpec, text: &str| checked(form, &[("page", text)]).map(|submission| submission.page);
    let (plain, asks) = (form(vec![field("a", Kind::Line)]), form(vec![field("page", Kind::Line)]));
    let longest = "a".repeat(2048);
    for sound in ["/ja/a", longest.as_str()] {
        assert_eq!(page(&plain, sound), Ok(Some(sound.to_owned())));
    }
    for wrong in ["/a\nb", "/a\u{202e}b", "", &format!("{longest}a")] {
        assert_eq!(page(&plain, wrong), Ok(None), "{wrong}");
    }
    assert_eq!(codes(checked(&asks, &[("page", "/a\nb")])), [("page".to_owned(), "control_char")]);
}
