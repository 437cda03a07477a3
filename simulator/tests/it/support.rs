//! Simulators at a fixed time, and requests that are sent at that time.

use serde_json::Value;
use tencent_sms_simulator::{Builder, Catalogue, Simulator};

use crate::client::{Answer, Call, body_with};

/// 10:13:20 on 15 November 2023 in UTC+8, a time at which marketing may be sent.
pub const MORNING: i64 = 1_700_014_400;

/// A builder whose clock stands at [`MORNING`].
pub fn morning() -> Builder {
    Simulator::builder().frozen_clock(MORNING)
}

/// A simulator whose clock stands at [`MORNING`].
pub fn start() -> Simulator {
    morning().start_blocking().unwrap()
}

/// The same with some texts of the built-in catalogue replaced.
pub fn start_with(changes: &[(&str, &str)]) -> Simulator {
    let mut yaml = Catalogue::BUILT_IN.to_owned();
    for (from, to) in changes {
        assert!(yaml.contains(from), "{from}");
        yaml = yaml.replace(from, to);
    }
    let catalogue = Catalogue::from_yaml(&yaml).unwrap();
    morning().catalogue(catalogue).start_blocking().unwrap()
}

/// A request of an action, at the simulator's time.
pub fn ask(simulator: &Simulator, action: &str, body: &Value) -> Answer {
    let mut call = Call::new(simulator.addr())
        .at(simulator.now_unix_ms() / 1000)
        .body(body);
    call.action = Some(action.to_owned());
    call.send()
}

/// The answer to a `SendSms` whose body has these keys changed.
pub fn answer_to(simulator: &Simulator, changes: Value) -> Answer {
    ask(simulator, "SendSms", &body_with(changes))
}

/// The code of that answer.
pub fn send(simulator: &Simulator, changes: Value) -> String {
    answer_to(simulator, changes).code()
}

/// `Response` of an answer, without its id.
pub fn response(answer: &Answer) -> Value {
    let mut response = answer.json()["Response"].clone();
    let id = response.as_object_mut().unwrap().remove("RequestId");
    assert!(id.is_some());
    response
}
