//! Where the fuel of a send goes, exactly. The component looks at a clock between its rooms, and there the fuel that
//! is left can be read.

use crate::component::{STUB_ENDPOINT, stub_message as message, wasm};
use crate::work::{Result, accepted, config, median, number, told};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use std::time::Instant;
use wasmtime::component::{Component, ComponentType, Lift, Linker, Lower, ResourceTable};
use wasmtime::{Config, Engine, Store, StoreContextMut};
use wasmtime_wasi::clocks::{WasiClocksCtx, WasiClocksCtxView};
use wasmtime_wasi::p2::bindings::clocks::monotonic_clock::Host as _;
use wasmtime_wasi::p2::bindings::clocks::wall_clock;
use wasmtime_wasi_http::{
    Error, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView,
};
use wasmtime_wasi_io::IoView;

struct State {
    table: ResourceTable,
    clocks: WasiClocksCtx,
    http: WasiHttpCtx,
    hook: Hook,
    /// Fuel left, where it is counted, and the moment, at each look at a clock, in order.
    marks: Vec<(u64, Instant)>,
}

impl IoView for State {
    fn table(&mut self) -> &mut ResourceTable {
        &mut self.table
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            hooks: &mut self.hook,
            table: &mut self.table,
            ctx: &mut self.http,
        }
    }
}

fn clocks(state: &mut State) -> WasiClocksCtxView<'_> {
    WasiClocksCtxView {
        ctx: &mut state.clocks,
        table: &mut state.table,
    }
}

/// Accepts every message.
struct Hook;

type Sent = std::result::Result<
    (
        http::Response<WasiBody>,
        Box<dyn Future<Output = std::result::Result<(), Error>> + Send>,
    ),
    Error,
>;

impl WasiHttpHooks for Hook {
    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        _: Option<RequestOptions>,
        _: Box<dyn Future<Output = std::result::Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        Box::new(async move {
            request.into_body().collect().await?;
            let body = Full::new(Bytes::from(accepted(&number(1))));
            let body = body.map_err(|never| match never {}).boxed_unsync();
            let done: Box<dyn Future<Output = std::result::Result<(), Error>> + Send> =
                Box::new(async { Ok(()) });
            Ok((http::Response::new(body), done))
        })
    }
}

const ALL: u64 = 1 << 40;

struct Bench {
    counted: bool,
    engine: Engine,
    component: Component,
    linker: Linker<State>,
}

impl Bench {
    /// Counting takes time, so what is timed is not counted.
    fn new(counted: bool) -> wasmtime::Result<Self> {
        let mut settings = Config::new();
        settings.consume_fuel(counted);
        let engine = Engine::new(&settings)?;
        let path = wasm().map_err(wasmtime::Error::msg)?;
        let component = Component::from_file(&engine, path)?;
        let mut linker = Linker::new(&engine);
        wasmtime_wasi_io::add_to_linker_async(&mut linker)?;
        wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
        let mut monotonic = linker.instance("wasi:clocks/monotonic-clock@0.2.6")?;
        monotonic.func_wrap("now", |mut store: StoreContextMut<'_, State>, (): ()| {
            mark(&mut store);
            // It stands still, so that nothing depends on how fast this machine is.
            Ok((1u64,))
        })?;
        monotonic.func_wrap(
            "subscribe-duration",
            |mut store: StoreContextMut<'_, State>, (duration,): (u64,)| {
                Ok((clocks(store.data_mut()).subscribe_duration(duration)?,))
            },
        )?;
        monotonic.func_wrap(
            "subscribe-instant",
            |mut store: StoreContextMut<'_, State>, (instant,): (u64,)| {
                Ok((clocks(store.data_mut()).subscribe_instant(instant)?,))
            },
        )?;
        let mut wall = linker.instance("wasi:clocks/wall-clock@0.2.6")?;
        wall.func_wrap("now", |mut store: StoreContextMut<'_, State>, (): ()| {
            mark(&mut store);
            let now = wall_clock::Datetime {
                seconds: 1_700_000_000,
                nanoseconds: 0,
            };
            Ok((now,))
        })?;
        Ok(Self {
            counted,
            engine,
            component,
            linker,
        })
    }

    /// Fuel spent by instantiating, then at each look at a clock, and at the end of one call.
    async fn spent<P, R>(&self, function: &str, params: P) -> wasmtime::Result<Vec<u64>>
    where
        P: wasmtime::component::ComponentNamedList + Lower + Send + Sync,
        R: wasmtime::component::ComponentNamedList + Lift + Send + Sync + 'static,
    {
        let marks = self.marks::<P, R>(function, params).await?;
        Ok(marks.into_iter().map(|(left, _)| ALL - left).collect())
    }

    /// Fuel left after instantiating, at each look at a clock, and at the end of one call, and the moments.
    async fn marks<P, R>(&self, function: &str, params: P) -> wasmtime::Result<Vec<(u64, Instant)>>
    where
        P: wasmtime::component::ComponentNamedList + Lower + Send + Sync,
        R: wasmtime::component::ComponentNamedList + Lift + Send + Sync + 'static,
    {
        let state = State {
            table: ResourceTable::new(),
            clocks: WasiClocksCtx::default(),
            http: WasiHttpCtx::new(),
            hook: Hook,
            marks: Vec::new(),
        };
        let mut store = Store::new(&self.engine, state);
        if self.counted {
            store.set_fuel(ALL)?;
        }
        let instance = self
            .linker
            .instantiate_async(&mut store, &self.component)
            .await?;
        let interface = self
            .component
            .component_type()
            .exports(&self.engine)
            .find_map(|(name, _)| {
                name.starts_with("auth:connector/sms@")
                    .then(|| name.to_owned())
            })
            .unwrap_or_default();
        let interface = instance.get_export_index(&mut store, None, &interface);
        let index = instance
            .get_export_index(&mut store, interface.as_ref(), function)
            .ok_or_else(|| wasmtime::Error::msg(format!("there is no {function}")))?;
        let called = instance.get_typed_func::<P, R>(&mut store, index)?;
        let now = |store: &Store<State>| (store.get_fuel().unwrap_or_default(), Instant::now());
        let mut marks = vec![now(&store)];
        called.call_async(&mut store, params).await?;
        let last = now(&store);
        marks.append(&mut store.data_mut().marks);
        marks.push(last);
        Ok(marks)
    }
}

fn mark(store: &mut StoreContextMut<'_, State>) {
    let left = store.get_fuel().unwrap_or_default();
    store.data_mut().marks.push((left, Instant::now()));
}

/// The contract's results, as far as they must be taken off the stack: only their shape counts here.
type Failure = auth_connector_host::Failure;
type SendResult = std::result::Result<auth_connector_host::Receipt, SendError>;

#[derive(ComponentType, Lift)]
#[component(variant)]
enum SendError {
    #[component(name = "not-sent")]
    NotSent(#[allow(dead_code, reason = "its shape counts")] Failure),
    #[component(name = "unknown")]
    Unknown(#[allow(dead_code, reason = "its shape counts")] Failure),
}

/// Between these looks at a clock, of those in a send, the component signs and builds its request.
const SIGNING: usize = 2;

/// The median time of signing and building the request, in microseconds. Hundreds of sends with an instance each, so
/// that caches are as warm as in a host that sends.
async fn signing(config: &str) -> wasmtime::Result<f64> {
    let bench = Bench::new(false)?;
    let mut times = Vec::new();
    for _ in 0..400 {
        let marks = bench
            .marks::<_, (SendResult,)>("send-message", (config, message()))
            .await?;
        if let Some([(_, begun), (_, done), ..]) = marks.get(SIGNING..) {
            times.push(done.duration_since(*begun).as_secs_f64() * 1e6);
        }
    }
    Ok(median(&times))
}

/// The table.
pub fn measure() -> Result<Value> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(told)?;
    runtime.block_on(async {
        let bench = Bench::new(true).map_err(told)?;
        let text = config(STUB_ENDPOINT, 0);
        let locales: Vec<String> = Vec::new();
        type Diagnostics = Vec<auth_connector_host::Diagnostic>;
        let validate = bench
            .spent::<_, (Diagnostics,)>("validate-config", (text.as_str(), locales))
            .await
            .map_err(told)?;
        type Previewed = std::result::Result<auth_connector_host::Preview, Failure>;
        let preview = bench
            .spent::<_, (Previewed,)>("preview-message", (text.as_str(), message()))
            .await
            .map_err(told)?;
        let send = bench
            .spent::<_, (SendResult,)>("send-message", (text.as_str(), message()))
            .await
            .map_err(told)?;
        let of_call = |marks: &[u64]| {
            let (first, last) = (marks.first().copied(), marks.last().copied());
            last.unwrap_or_default() - first.unwrap_or_default()
        };
        let steps: Vec<u64> = send
            .iter()
            .zip(send.iter().skip(1))
            .map(|(before, after)| after - before)
            .collect();
        let sign_us = signing(&text).await.map_err(told)?;
        Ok(json!({
            "sign_us": sign_us,
            "instantiate": send.first(),
            "validate_config": of_call(&validate),
            "preview_message": of_call(&preview),
            "send_message": of_call(&send),
            "steps": steps,
        }))
    })
}
