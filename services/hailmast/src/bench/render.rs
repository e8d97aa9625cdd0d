//! `hailmast bench render`: texts a second on one core, with the wanted figure beside it.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use ::renderer::chunk::write;
use ::renderer::content::{Channel, Content, More, Options, SmartEncoding, Variant};
use ::renderer::links::{Run, token::Seal};
use ::renderer::published::{Published, build};
use ::renderer::template::Limits;
use clap::Args;
use contract::chunk::{CHUNK_SIZE, ChunkHead, Recipient, Screened};
use contract::renderer::RenderChunk;
use contract::segments::split;
use contract::{
    CampaignId, Class, ContactId, DecisionId, Mode, Phone, RunId, TemplateId, UnixMillis,
};
use serde::Serialize;

use crate::process::thread_cpu_seconds;
use crate::table;

#[derive(Args)]
pub struct RenderOptions {
    /// Texts rendered for each figure.
    #[arg(long, default_value_t = 500_000)]
    texts: usize,
    #[arg(long)]
    json: bool,
}

/// What must be reached: a template of 140 characters with four fields.
const WANTED: f64 = 100_000.0;
const LIMITS: Limits = Limits {
    max_body_chars: 10_000,
    max_segments: 10,
    fuel: 20_000,
};

/// 140 characters, four fields.
const PLAIN: &str = "Hi {{ contact.first_name }}, order {{ contact.order }} is at {{ contact.shop }} till {{ contact.until }}. See you soon! Text STOP to opt out";
const RICH: &str = "Hi {{ contact.first_name | name | default('there') }}, order {{ contact.order }} is at {{ contact.shop }} until {{ contact.until | date('long') }}. Text STOP to opt out";
const LINKED: &str = "Hi {{ contact.first_name }}, order {{ contact.order }} is at {{ contact.shop }} until {{ contact.until }}: {{ link('https://shop.example/order') }}";
const CURLY: &str = "Hi {{ contact.first_name }}, order {{ contact.order }} is at {{ contact.shop }} ’til {{ contact.until }} – see you… Text STOP to opt out";

#[derive(Debug, Serialize)]
struct Figures {
    template_chars: usize,
    fields: usize,
    /// One core, whole chunks, counted in CPU seconds of the thread.
    texts_per_second: f64,
    wanted: f64,
    /// Names mended, a long date in three languages.
    rich_texts_per_second: f64,
    /// One short link for every text.
    linked_texts_per_second: f64,
    /// Curly marks that smart encoding makes plain.
    smart_texts_per_second: f64,
    /// Counting segments and cutting a text of two into them.
    cuts_per_second: f64,
    seconds: f64,
    good: bool,
}

pub fn run(options: &RenderOptions) -> anyhow::Result<ExitCode> {
    let begun = Instant::now();
    let links = Run {
        before: Arc::from("https://go.example.com/l/"),
        seal: Arc::new(Seal::new([7; 32])),
        number: 1,
    };
    let rate = |body: &str, variants: &[&str], links: Option<&Run>| -> anyhow::Result<f64> {
        let published = published(body, variants)?;
        measure(options.texts, &published, links)
    };
    let mut figures = Figures {
        template_chars: PLAIN.chars().count(),
        fields: 4,
        texts_per_second: rate(PLAIN, &[], None)?,
        wanted: WANTED,
        rich_texts_per_second: rate(RICH, &["de", "es"], None)?,
        linked_texts_per_second: rate(LINKED, &[], Some(&links))?,
        smart_texts_per_second: rate(CURLY, &[], None)?,
        cuts_per_second: cuts(options.texts),
        seconds: 0.0,
        good: false,
    };
    figures.seconds = begun.elapsed().as_secs_f64();
    figures.good = figures.texts_per_second >= WANTED;
    if options.json {
        println!("{}", serde_json::to_string(&figures)?);
    } else {
        print(&figures);
    }
    Ok(if figures.good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn published(body: &str, languages: &[&str]) -> anyhow::Result<Published> {
    let variants = languages.iter().map(|language| Variant {
        channel: Channel::Sms,
        language: (*language).into(),
        body: body.into(),
    });
    let content = Content {
        language: Some("en".into()),
        body: body.into(),
        more: More {
            variants: variants.collect(),
            options: Options {
                smart_encoding: SmartEncoding::Punctuation,
                ..Options::default()
            },
            ..More::default()
        },
    };
    build(&content, LIMITS).map_err(|fault| anyhow::anyhow!("{}", fault.error))
}

/// Renders whole chunks, as the consumer does, until so many texts are written.
fn measure(texts: usize, published: &Published, links: Option<&Run>) -> anyhow::Result<f64> {
    let chunk = chunk(published)?;
    let mut written = 0;
    let begun = thread_cpu_seconds();
    while written < texts {
        let done = write(&chunk, Some(published), links);
        anyhow::ensure!(
            done.failed.is_empty(),
            "a text was not written: {:?}",
            done.failed
        );
        written += done.texts.len();
    }
    Ok(written as f64 / (thread_cpu_seconds() - begun))
}

fn chunk(published: &Published) -> anyhow::Result<RenderChunk> {
    let field_names = published.needed();
    let value = |name: &str, position: u16| match name {
        "first_name" => ["Ana", "BO", "Zoë", "Maximilian"][usize::from(position % 4)].to_string(),
        "order" => format!("A-{}", 10_000 + u32::from(position)),
        "shop" => "12 Main St".to_string(),
        "until" => "2026-03-14T22:30:00Z".to_string(),
        _ => ["en", "de-AT", "es", "fr"][usize::from(position % 4)].to_string(),
    };
    let positions = 0..u16::try_from(CHUNK_SIZE)?;
    let recipients = positions.map(|position| {
        let fields = field_names.iter().map(|name| Some(value(name, position)));
        Ok(Screened {
            recipient: Recipient {
                position,
                contact: ContactId::from_raw(u128::from(position)),
                phone: Phone::from_digits(15_005_550_006)
                    .ok_or_else(|| anyhow::anyhow!("the number is wrong"))?,
                zone: Some(u8::from(position % 2 == 0)),
                fields: fields.collect(),
            },
            decision: DecisionId::from_raw(1),
        })
    });
    let recipients = recipients.collect::<anyhow::Result<_>>()?;
    let head = ChunkHead {
        run: RunId::from_raw(0),
        campaign: CampaignId::from_raw(1),
        chunk: 0,
        class: Class::Marketing,
        programme: "default".into(),
        template: TemplateId::from_raw(1),
        template_version: 1,
        sender: "+15005550100".into(),
        mode: Mode::Test,
        valid_until: UnixMillis(i64::MAX),
        released_at: UnixMillis(0),
        zones: vec!["America/New_York".into(), "Europe/Berlin".into()],
        field_names,
    };
    Ok(RenderChunk { head, recipients })
}

fn cuts(texts: usize) -> f64 {
    let text = "Order A-10001 is ready [at] the shop for 12 € until 8 pm; ".repeat(4);
    let mut parts = 0;
    let begun = thread_cpu_seconds();
    for _ in 0..texts {
        parts += std::hint::black_box(split(std::hint::black_box(&text)))
            .1
            .len();
    }
    let seconds = thread_cpu_seconds() - begun;
    if parts == 2 * texts {
        texts as f64 / seconds
    } else {
        0.0
    }
}

fn print(figures: &Figures) {
    let per_second = |rate: f64| format!("{rate:.0} /s");
    let rows = [
        (
            "texts, one core",
            format!(
                "{:.0} /s (wanted {:.0})",
                figures.texts_per_second, figures.wanted
            ),
        ),
        (
            "  three languages, names, long dates",
            per_second(figures.rich_texts_per_second),
        ),
        (
            "  with a short link",
            per_second(figures.linked_texts_per_second),
        ),
        ("  made plain", per_second(figures.smart_texts_per_second)),
        (
            "texts cut into segments",
            per_second(figures.cuts_per_second),
        ),
        (
            "template",
            format!(
                "{} characters, {} fields",
                figures.template_chars, figures.fields
            ),
        ),
        ("reached", figures.good.to_string()),
    ]
    .map(|(name, value)| (name.to_string(), value));
    table::print("bench render", &rows);
}
