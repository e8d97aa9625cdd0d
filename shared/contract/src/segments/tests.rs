use proptest::prelude::*;

use super::*;

#[test]
fn segments_are_counted_as_carriers_bill_them() {
    for (text, encoding, units, segments) in [
        (String::new(), Encoding::Gsm7, 0, 1),
        ("a".repeat(160), Encoding::Gsm7, 160, 1),
        ("a".repeat(161), Encoding::Gsm7, 161, 2),
        ("a".repeat(306), Encoding::Gsm7, 306, 2),
        ("a".repeat(307), Encoding::Gsm7, 307, 3),
        ("€".repeat(80), Encoding::Gsm7, 160, 1),
        ("€".repeat(81), Encoding::Gsm7, 162, 2),
        // 153 is odd: a pair that would be parted moves to the next part as a whole
        ("€".repeat(152), Encoding::Gsm7, 304, 2),
        ("€".repeat(153), Encoding::Gsm7, 306, 3),
        ("Ж".repeat(70), Encoding::Ucs2, 70, 1),
        ("Ж".repeat(71), Encoding::Ucs2, 71, 2),
        ("Ж".repeat(134), Encoding::Ucs2, 134, 2),
        ("Ж".repeat(135), Encoding::Ucs2, 135, 3),
        ("😀".repeat(35), Encoding::Ucs2, 70, 1),
        ("😀".repeat(36), Encoding::Ucs2, 72, 2),
        ("It’s".to_string(), Encoding::Ucs2, 4, 1),
        ("`".to_string(), Encoding::Ucs2, 1, 1),
        (
            "@£$¥èéùìòÇΔΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà".to_string(),
            Encoding::Gsm7,
            37,
            1,
        ),
        ("^{}\\[~]|€\u{0C}".to_string(), Encoding::Gsm7, 20, 1),
    ] {
        assert_eq!(
            measure(&text),
            Measure {
                encoding,
                units,
                segments
            },
            "{text}"
        );
    }
}

#[test]
fn every_septet_but_the_escape_round_trips() {
    for septet in (0..128u8).filter(|septet| *septet != ESCAPE) {
        let text = decode_gsm7(&[septet]);
        assert_eq!(
            split(&text),
            (Encoding::Gsm7, vec![vec![septet]]),
            "{septet:#x}"
        );
    }
    for (septet, character) in EXTENSION {
        assert_eq!(decode_gsm7(&[ESCAPE, septet]), character.to_string());
        assert_eq!(split(&character.to_string()).1, vec![vec![ESCAPE, septet]]);
    }
    assert_eq!(decode_gsm7(&[0x41, ESCAPE]), "A");
    assert_eq!(decode_gsm7(&[ESCAPE, 0x41, 0xFF]), "A\u{FFFD}");
    assert_eq!(decode_ucs2(&[0xD8, 0x3D, 0x00]), "\u{FFFD}\u{FFFD}");
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9 €{}\\[\\]~^|]{0,700}",
        "[a-z€]{140,170}",
        "[a-zЖ😀]{0,300}",
        any::<String>(),
    ]
}

proptest! {
    #[test]
    fn parts_join_to_the_text_and_agree_with_the_count(text in texts()) {
        let measured = measure(&text);
        let (encoding, parts) = split(&text);
        prop_assert_eq!(encoding, measured.encoding);
        prop_assert_eq!(parts.len(), measured.segments);
        let (single, part, width) = match encoding {
            Encoding::Gsm7 => (GSM7_SINGLE, GSM7_PART, 1),
            Encoding::Ucs2 => (UCS2_SINGLE, UCS2_PART, 2),
        };
        prop_assert_eq!(parts.iter().map(Vec::len).sum::<usize>(), measured.units * width);
        let limit = if parts.len() == 1 { single } else { part };
        prop_assert!(parts.iter().all(|p| p.len() <= limit * width));
        // every part is readable alone: no pair was cut
        let joined: String = parts
            .iter()
            .map(|p| if encoding == Encoding::Gsm7 { decode_gsm7(p) } else { decode_ucs2(p) })
            .collect();
        prop_assert_eq!(joined, text);
    }

    #[test]
    fn no_part_ends_or_begins_inside_a_pair(text in texts()) {
        let (encoding, parts) = split(&text);
        for part in &parts {
            match encoding {
                Encoding::Gsm7 => {
                    prop_assert!(part.iter().all(|septet| *septet < 128));
                    prop_assert_ne!(part.last(), Some(&ESCAPE));
                }
                Encoding::Ucs2 => {
                    let unit = |at: usize| u16::from_be_bytes([part[at], part[at + 1]]);
                    prop_assert_eq!(part.len() % 2, 0);
                    prop_assert!(!(0xDC00..0xE000).contains(&unit(0)), "begins with a low surrogate");
                    prop_assert!(!(0xD800..0xDC00).contains(&unit(part.len() - 2)), "ends with a high one");
                }
            }
        }
    }

    #[test]
    fn what_a_handset_reads_is_what_was_written(text in texts()) {
        let read: String = match split(&text) {
            (Encoding::Gsm7, parts) => decode_gsm7(&parts.concat()),
            (Encoding::Ucs2, parts) => decode_ucs2(&parts.concat()),
        };
        prop_assert_eq!(read, text);
    }

    #[test]
    fn septets_of_the_alphabet_are_written_as_they_were_read(septets in proptest::collection::vec(0u8..128, 0..400)) {
        let text = decode_gsm7(&septets);
        let (encoding, parts) = split(&text);
        prop_assert_eq!(encoding, Encoding::Gsm7);
        prop_assert_eq!(decode_gsm7(&parts.concat()), text);
    }

    #[test]
    fn one_more_character_never_needs_fewer_segments(text in texts(), more in any::<char>()) {
        let before = measure(&text);
        let after = measure(&format!("{text}{more}"));
        prop_assert!(after.segments >= before.segments);
    }

    #[test]
    fn decoding_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = decode_gsm7(&bytes);
        let _ = decode_ucs2(&bytes);
    }
}
