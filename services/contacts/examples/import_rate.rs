use testkit::Kit;
#[tokio::main]
async fn main() {
    let n: u64 = 200_000;
    let kit = Kit::start(&[contacts::SERVICE]).await;
    let mut csv = String::from("phone,first_name,last_name,external_id,timezone,city\n");
    for i in 0..n {
        let j = (i * 7919) % n; // scattered numbers
        csv.push_str(&format!(
            "+1201{:07},Name{i},Last{i},E{i},America/New_York,City{}\n",
            2_000_000 + j * 13,
            i % 100
        ));
    }
    let client = kit.with_key(&kit.key);
    for round in 0..3 {
        let cpu = cpu();
        let at = std::time::Instant::now();
        let (_, job) = client
            .send(
                "POST",
                &format!("/v1/imports?list_name=l{round}"),
                "text/csv",
                csv.clone().into_bytes(),
            )
            .await
            .unwrap();
        let id = job["id"]
            .as_str()
            .unwrap_or_else(|| panic!("{job}"))
            .to_string();
        let posted = at.elapsed();
        let job = loop {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            let (_, job) = client
                .send("GET", &format!("/v1/imports/{id}"), "text/csv", vec![])
                .await
                .unwrap();
            if !job["finished_at"].is_null() {
                break job;
            }
        };
        let took = at.elapsed();
        let used = self::cpu() - cpu;
        println!(
            "round {round}: posted {posted:?} took {took:?} rate {:.0}/s cpu {:.1} us/row {job}",
            n as f64 / took.as_secs_f64(),
            used * 1e6 / n as f64
        );
    }
    use contract::contacts::*;
    let at = std::time::Instant::now();
    let mut after = None;
    let mut total = vec![];
    loop {
        let page = kit
            .bus
            .ask(
                kit.tenant,
                &PageAudience {
                    include: vec![],
                    exclude: vec![],
                    after,
                    limit: 20_000,
                },
            )
            .await
            .unwrap();
        after = page.contacts.last().copied();
        total.extend(page.contacts);
        if page.done {
            break;
        }
    }
    println!("audience {} in {:?}", total.len(), at.elapsed());
    let at = std::time::Instant::now();
    let c0 = cpu();
    for chunk in total.chunks(500) {
        kit.bus
            .ask(
                kit.tenant,
                &LoadRecipients {
                    contacts: chunk.to_vec(),
                    field_names: vec!["first_name".into(), "city".into()],
                },
            )
            .await
            .unwrap();
    }
    println!(
        "load {:?} = {:.2} us/row wall, {:.2} us cpu",
        at.elapsed(),
        at.elapsed().as_secs_f64() * 1e6 / total.len() as f64,
        (cpu() - c0) * 1e6 / total.len() as f64
    );
    let stat = std::fs::read_to_string("/proc/self/status").unwrap();
    println!("{}", stat.lines().find(|l| l.starts_with("VmHWM")).unwrap());
    kit.stop().await;
}
fn cpu() -> f64 {
    let s = std::fs::read_to_string("/proc/self/stat").unwrap();
    let f: Vec<&str> = s.rsplit(')').next().unwrap().split_whitespace().collect();
    (f[11].parse::<f64>().unwrap() + f[12].parse::<f64>().unwrap()) / 100.0
}
