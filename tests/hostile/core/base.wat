;; A connector by hand, whose parts an attack replaces: `;; @name` begins a part. Unless replaced, it accepts every
;; message as "m-1".
(module
  (import "wasi:http/types@0.2.6" "[constructor]fields" (func $fields (result i32)))
  (import "wasi:http/types@0.2.6" "[static]fields.from-list" (func $from-list (param i32 i32 i32)))
  (import "wasi:clocks/monotonic-clock@0.2.6" "now" (func $now (result i64)))
  (import "wasi:clocks/monotonic-clock@0.2.6" "subscribe-duration" (func $sleep (param i64) (result i32)))
  (import "wasi:http/outgoing-handler@0.2.6" "handle" (func $handle (param i32 i32 i32 i32)))
;; @memory
  (memory (export "memory") 2)
;; @globals
  (global $top (mut i32) (i32.const 65536))
  (data (i32.const 512) "m-1{}[]/words")
;; @realloc-head
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
;; @realloc
    (local.set $at (i32.and (i32.add (global.get $top) (i32.const 15)) (i32.const -16)))
    (global.set $top (i32.add (local.get $at) (local.get 3)))
    (local.get $at)
;; @realloc-tail
  )
  (func $text (param $at i32) (param $ptr i32) (param $len i32)
    (i32.store (local.get $at) (local.get $ptr))
    (i32.store offset=4 (local.get $at) (local.get $len)))
  ;; A result of 64 bytes at 1024: ok, "m-1", nothing else.
  (func $accepted
    (memory.fill (i32.const 1024) (i32.const 0) (i32.const 64))
    (call $text (i32.const 1028) (i32.const 512) (i32.const 3)))
  (func (export "auth:connector/sms@0.1.0#get-metadata") (result i32)
    (memory.fill (i32.const 1024) (i32.const 0) (i32.const 40))
    (i32.const 1024))
  (func (export "auth:connector/sms@0.1.0#get-config-guard") (param i32 i32) (result i32)
    (memory.fill (i32.const 1024) (i32.const 0) (i32.const 24))
    (i32.const 1024))
  (func (export "auth:connector/sms@0.1.0#validate-config") (param i32 i32 i32 i32) (result i32)
    (memory.fill (i32.const 1024) (i32.const 0) (i32.const 8))
    (i32.const 1024))
  (func (export "auth:connector/sms@0.1.0#preview-message") (param i32) (result i32)
    (unreachable))
;; @items
;; @start
;; @send-head
  (func (export "auth:connector/sms@0.1.0#send-message") (param $args i32) (result i32)
    (local $n i32)
    (call $accepted)
;; @send
    (i32.const 1024)
;; @send-tail
  )
)
