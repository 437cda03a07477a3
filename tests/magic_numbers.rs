//! Numbers with which the simulator provokes codes and reports: the connector accepts each of them.

use crate::support::{config, host, load};
use auth_connector_host::{Config, Message};
use std::io::{Read, Write};
use std::net::TcpStream;
use tencent_sms_simulator::Simulator;

fn listed(simulator: &Simulator) -> serde_json::Value {
    let mut connection = TcpStream::connect(simulator.addr()).unwrap();
    connection
        .write_all(b"GET /_sim/magic HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap()
}

#[tokio::test]
async fn connector_lets_every_magic_number_through() {
    let simulator = Simulator::start().await.unwrap();
    let magic = listed(&simulator);
    let codes = magic["magic"].as_array().unwrap().iter();
    let mut numbers: Vec<String> = codes
        .flat_map(|entry| entry["numbers"].as_array().unwrap())
        .map(|number| number.as_str().unwrap().to_owned())
        .collect();
    assert!(numbers.len() > 150);
    for report in 0..=6 {
        numbers.push(format!("+86154000100{report:02}"));
        numbers.push(format!("+44113496{report:04}"));
    }
    let plugin = load(host());
    let config = Config::new(config(None).to_string());
    for number in numbers {
        let message = Message::to(&number).usage("Register").code("123456");
        let preview = plugin.preview_message(&config, &message).await;
        let preview = preview.unwrap_or_else(|error| panic!("{number}: {error}"));
        let route = if number.starts_with("+86") {
            "mainland"
        } else {
            "international"
        };
        assert_eq!(preview.route, route, "{number}");
    }
}
