;; A connector that does as its config says, written by hand so that it can misbehave in ways that a compiler
;; would not produce. The config's first letter chooses:
;;
;;   a  make a request to 127.0.0.1:1, where nobody listens, if that is granted; accepted, message id "m-1"
;;   e  accepted, with an empty message id
;;   u  crash at once                       l  loop for ever
;;   m  ask for all the memory there is     r  recurse until the stack ends
;;   g  answer with a string beyond its own memory
;;   i  not sent, kind `invalid-config`
;;   n  not sent, kind `denied`             w  wait for ever on a clock, no request made
;;   h  make a request to the authority that follows, then crash
;;   p  make a request to the authority that follows, then wait for ever
;;   f  make a request to the authority that follows; accepted if it is answered, else not sent
;;   q  make 20 requests to it, then answer as `f` does
;;   c  take handles until there are none
;;   x  ask for a host named as the first variable's value; then not sent, with the config as the message, the
;;      recipient as the provider's code, and that value as the request id
;;   t  not sent; the time limit that the host passed on is in `retry-after-ms`
(module
  (import "wasi:http/types@0.2.6" "[constructor]fields" (func $fields (result i32)))
  (import "wasi:http/types@0.2.6" "[constructor]outgoing-request" (func $request (param i32) (result i32)))
  (import "wasi:http/types@0.2.6" "[method]outgoing-request.set-scheme"
    (func $set-scheme (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi:http/types@0.2.6" "[method]outgoing-request.set-authority"
    (func $set-authority (param i32 i32 i32 i32) (result i32)))
  (import "wasi:http/types@0.2.6" "[method]outgoing-request.set-path-with-query"
    (func $set-path (param i32 i32 i32 i32) (result i32)))
  (import "wasi:http/outgoing-handler@0.2.6" "handle" (func $handle (param i32 i32 i32 i32)))
  (import "wasi:http/types@0.2.6" "[method]future-incoming-response.subscribe"
    (func $subscribe (param i32) (result i32)))
  (import "wasi:http/types@0.2.6" "[method]future-incoming-response.get" (func $get (param i32 i32)))
  (import "wasi:io/poll@0.2.6" "[method]pollable.block" (func $block (param i32)))
  (import "wasi:clocks/monotonic-clock@0.2.6" "subscribe-duration" (func $sleep (param i64) (result i32)))

  (memory (export "memory") 2)
  (global $top (mut i32) (i32.const 65536))
  ;; 1024: results. 2048: what `handle` returns. 4096: what `get` returns. 512: texts.
  (data (i32.const 512) "m-1{}[]/wordsen")
  (data (i32.const 544) "127.0.0.1:1")

  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $top) (i32.const 15)) (i32.const -16)))
    (global.set $top (i32.add (local.get $at) (local.get 3)))
    (local.get $at))

  (func $text (param $at i32) (param $ptr i32) (param $len i32)
    (i32.store (local.get $at) (local.get $ptr))
    (i32.store offset=4 (local.get $at) (local.get $len)))

  ;; Id and version "m-1", one name and one description: "words", in English. No attributes.
  (func (export "auth:connector/sms@0.1.0#get-metadata") (result i32)
    (memory.fill (i32.const 1024) (i32.const 0) (i32.const 40))
    (call $text (i32.const 1024) (i32.const 512) (i32.const 3))
    (call $text (i32.const 1032) (i32.const 512) (i32.const 3))
    (call $text (i32.const 1040) (i32.const 1088) (i32.const 1))
    (call $text (i32.const 1048) (i32.const 1088) (i32.const 1))
    (call $text (i32.const 1088) (i32.const 525) (i32.const 2))
    (call $text (i32.const 1096) (i32.const 520) (i32.const 5))
    (i32.const 1024))

  (func (export "auth:connector/sms@0.1.0#get-config-guard") (param i32 i32) (result i32)
    (call $text (i32.const 1024) (i32.const 515) (i32.const 2))
    (call $text (i32.const 1032) (i32.const 517) (i32.const 2))
    (call $text (i32.const 1040) (i32.const 0) (i32.const 0))
    (i32.const 1024))

  ;; No findings; a config that starts with `u` crashes it.
  (func (export "auth:connector/sms@0.1.0#validate-config") (param i32 i32 i32 i32) (result i32)
    (if (i32.eq (i32.load8_u (local.get 0)) (i32.const 117)) (then (unreachable)))
    (call $text (i32.const 1024) (i32.const 0) (i32.const 0))
    (i32.const 1024))

  ;; Never sendable: of kind `unsupported`, and unknown where the config starts with `k`, which the contract forbids.
  ;; One that starts with `f` makes a request first; answered, it is of kind `other`.
  (func (export "auth:connector/sms@0.1.0#preview-message") (param $args i32) (result i32)
    (local $config i32) (local $what i32) (local $kind i32)
    (local.set $config (i32.load (local.get $args)))
    (local.set $what (i32.load8_u (local.get $config)))
    (local.set $kind (i32.const 11))
    (if (i32.eq (local.get $what) (i32.const 102)) (then
      (if (call $answered (i32.add (local.get $config) (i32.const 1))
          (i32.sub (i32.load offset=4 (local.get $args)) (i32.const 1)))
        (then (local.set $kind (i32.const 12))))))
    (drop (call $not-sent (local.get $kind)))
    (i32.store8 (i32.const 1028) (i32.eq (local.get $what) (i32.const 107)))
    (i32.const 1024))

  ;; A failure record: kind, message, four absent options, two empty lists.
  (func $failure (param $at i32) (param $kind i32)
    (memory.fill (local.get $at) (i32.const 0) (i32.const 56))
    (i32.store8 (local.get $at) (local.get $kind))
    (call $text (i32.add (local.get $at) (i32.const 4)) (i32.const 520) (i32.const 5)))

  (func $accepted (param $len i32) (result i32)
    (memory.fill (i32.const 1024) (i32.const 0) (i32.const 64))
    (call $text (i32.const 1028) (i32.const 512) (local.get $len))
    (i32.const 1024))

  (func $not-sent (param $kind i32) (result i32)
    (i32.store8 (i32.const 1024) (i32.const 1))
    (i32.store8 (i32.const 1028) (i32.const 0))
    (call $failure (i32.const 1032) (local.get $kind))
    (i32.const 1024))

  (func $ask (param $ptr i32) (param $len i32) (result i32)
    (local $req i32)
    (local.set $req (call $request (call $fields)))
    (drop (call $set-scheme (local.get $req) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0)))
    (drop (call $set-authority (local.get $req) (i32.const 1) (local.get $ptr) (local.get $len)))
    (drop (call $set-path (local.get $req) (i32.const 1) (i32.const 519) (i32.const 1)))
    (call $handle (local.get $req) (i32.const 0) (i32.const 0) (i32.const 2048))
    (if (i32.load8_u (i32.const 2048)) (then (return (i32.const -1))))
    (i32.load (i32.const 2056)))

  ;; 1 when the request was answered, 0 when it failed. `get` is option<result<result<response, error>>>.
  (func $answered (param $ptr i32) (param $len i32) (result i32)
    (local $future i32)
    (local.set $future (call $ask (local.get $ptr) (local.get $len)))
    (if (i32.eq (local.get $future) (i32.const -1)) (then (return (i32.const 0))))
    (call $block (call $subscribe (local.get $future)))
    (call $get (local.get $future) (i32.const 4096))
    (i32.eqz (i32.load8_u (i32.const 4112))))

  (func $recurse (param i32) (result i32)
    (i32.add (i32.const 1) (call $recurse (i32.add (local.get 0) (i32.const 1)))))

  (func (export "auth:connector/sms@0.1.0#send-message") (param $args i32) (result i32)
    (local $config i32) (local $what i32) (local $host i32) (local $len i32) (local $n i32)
    (local.set $config (i32.load (local.get $args)))
    (local.set $what (i32.load8_u (local.get $config)))
    (local.set $host (i32.add (local.get $config) (i32.const 1)))
    (local.set $len (i32.sub (i32.load offset=4 (local.get $args)) (i32.const 1)))
    (if (i32.eq (local.get $what) (i32.const 97)) (then
      (drop (call $ask (i32.const 544) (i32.const 11)))
      (return (call $accepted (i32.const 3)))))
    (if (i32.eq (local.get $what) (i32.const 101)) (then (return (call $accepted (i32.const 0)))))
    (if (i32.eq (local.get $what) (i32.const 117)) (then (unreachable)))
    (if (i32.eq (local.get $what) (i32.const 108)) (then (loop $for-ever (br $for-ever))))
    (if (i32.eq (local.get $what) (i32.const 109)) (then (drop (memory.grow (i32.const 60000)))))
    (if (i32.eq (local.get $what) (i32.const 114)) (then (drop (call $recurse (i32.const 0)))))
    (if (i32.eq (local.get $what) (i32.const 103)) (then
      (drop (call $accepted (i32.const 3)))
      (i32.store (i32.const 1032) (i32.const 0x7fffffff))
      (return (i32.const 1024))))
    (if (i32.eq (local.get $what) (i32.const 105)) (then (return (call $not-sent (i32.const 0)))))
    (if (i32.eq (local.get $what) (i32.const 110)) (then (return (call $not-sent (i32.const 4)))))
    (if (i32.eq (local.get $what) (i32.const 119)) (then
      (call $block (call $sleep (i64.const 3600000000000)))))
    (if (i32.eq (local.get $what) (i32.const 104)) (then
      (drop (call $answered (local.get $host) (local.get $len)))
      (unreachable)))
    (if (i32.eq (local.get $what) (i32.const 112)) (then
      (drop (call $ask (local.get $host) (local.get $len)))
      (call $block (call $sleep (i64.const 3600000000000)))))
    (if (i32.eq (local.get $what) (i32.const 102)) (then
      (if (call $answered (local.get $host) (local.get $len))
        (then (return (call $accepted (i32.const 3)))))
      (return (call $not-sent (i32.const 8)))))
    (if (i32.eq (local.get $what) (i32.const 113)) (then
      (local.set $n (i32.const 20))
      (loop $again
        (local.set $what (call $answered (local.get $host) (local.get $len)))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (if (local.get $what) (then (return (call $accepted (i32.const 3)))))
      (return (call $not-sent (i32.const 8)))))
    (if (i32.eq (local.get $what) (i32.const 99)) (then
      (loop $more (drop (call $fields)) (br $more))))
    (if (i32.eq (local.get $what) (i32.const 120)) (then
      ;; The variables are at 24 of the arguments; a value is the second half of a pair.
      (local.set $n (i32.load offset=24 (local.get $args)))
      (drop (call $ask (i32.load offset=8 (local.get $n)) (i32.load offset=12 (local.get $n))))
      (drop (call $not-sent (i32.const 4)))
      (call $text (i32.const 1036)
        (i32.load (local.get $args)) (i32.load offset=4 (local.get $args)))
      (i32.store8 (i32.const 1044) (i32.const 1))
      (call $text (i32.const 1048)
        (i32.load offset=8 (local.get $args)) (i32.load offset=12 (local.get $args)))
      (i32.store8 (i32.const 1056) (i32.const 1))
      (call $text (i32.const 1060)
        (i32.load offset=8 (local.get $n)) (i32.load offset=12 (local.get $n)))
      (return (i32.const 1024))))
    (if (i32.eq (local.get $what) (i32.const 116)) (then
      (drop (call $not-sent (i32.const 4)))
      ;; retry-after-ms: the seventh word of the failure; timeout-ms: at 56 of the arguments.
      (i32.store8 (i32.const 1068) (i32.load8_u offset=56 (local.get $args)))
      (i32.store (i32.const 1072) (i32.load offset=60 (local.get $args)))
      (return (i32.const 1024))))
    (unreachable))
)
