;; `sms-receipts` for the connector of `plugin.wat`, whose functions it uses. The config's first letter chooses.
;;
;; `read-callback`:
;;   a  one receipt of "m-1", delivered, with the body as its attribute, as its correlation id and in the acknowledgement
;;   e  the same without a message id          b  the same with the body as its message id
;;   m  1,000 receipts                         n  1,001 receipts
;;   s  a status of 99                         c  the body as the content type
;;   r  refused as unauthenticated, with the body as the message
;;   f  makes a request to the authority that follows; as `a` if it is answered, else refused
;;   u  crash at once
;;
;; `report-conversion`:
;;   a  done                                   x  fails with the recipient as its message
;;   f  makes a request to the authority that follows; done if it is answered, else fails
  (func $acknowledge (param $status i32) (param $type i32) (param $type-len i32) (param $body i32) (param $body-len i32)
    (i32.store16 (i32.const 1036) (local.get $status))
    (call $text (i32.const 1040) (local.get $type) (local.get $type-len))
    (call $text (i32.const 1048) (local.get $body) (local.get $body-len)))

  ;; Receipts of 32 bytes each, from 16384 on.
  (func $receipts (param $count i32) (param $id i32) (param $id-len i32) (param $body i32) (param $body-len i32)
    (local $at i32)
    (call $text (i32.const 1028) (i32.const 16384) (local.get $count))
    (local.set $at (i32.const 16384))
    ;; One attribute, whose key and value are the body.
    (call $text (i32.const 1088) (local.get $body) (local.get $body-len))
    (call $text (i32.const 1096) (local.get $body) (local.get $body-len))
    (loop $next
      (memory.fill (local.get $at) (i32.const 0) (i32.const 32))
      (call $text (local.get $at) (local.get $id) (local.get $id-len))
      (i32.store8 offset=8 (local.get $at) (i32.const 1))
      (call $text (i32.add (local.get $at) (i32.const 12)) (local.get $body) (local.get $body-len))
      (call $text (i32.add (local.get $at) (i32.const 24)) (i32.const 1088) (i32.const 1))
      (local.set $at (i32.add (local.get $at) (i32.const 32)))
      (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))

  (func (export "auth:connector/sms-receipts@0.1.0#read-callback")
    (param $config i32) (param $config-len i32) (param i32 i32 i32) (param i32 i32) (param $body i32) (param $body-len i32)
    (result i32)
    (local $what i32) (local $id i32) (local $id-len i32) (local $count i32)
    (local.set $what (i32.load8_u (local.get $config)))
    (if (i32.eq (local.get $what) (i32.const 117)) (then (unreachable)))
    (memory.fill (i32.const 1024) (i32.const 0) (i32.const 32))
    (if (i32.eq (local.get $what) (i32.const 102)) (then
      (if (i32.eqz (call $answered (i32.add (local.get $config) (i32.const 1))
          (i32.sub (local.get $config-len) (i32.const 1))))
        (then
          (memory.fill (i32.const 1024) (i32.const 0) (i32.const 32))
          (i32.store8 (i32.const 1024) (i32.const 1))
          (i32.store8 (i32.const 1028) (i32.const 4))
          (call $text (i32.const 1032) (i32.const 520) (i32.const 5))
          (return (i32.const 1024))))
      (memory.fill (i32.const 1024) (i32.const 0) (i32.const 32))))
    (if (i32.eq (local.get $what) (i32.const 114)) (then
      (i32.store8 (i32.const 1024) (i32.const 1))
      (i32.store8 (i32.const 1028) (i32.const 2))
      (call $text (i32.const 1032) (local.get $body) (local.get $body-len))
      (return (i32.const 1024))))
    (local.set $id (i32.const 512))
    (local.set $id-len (i32.const 3))
    (local.set $count (i32.const 1))
    (if (i32.eq (local.get $what) (i32.const 101)) (then (local.set $id-len (i32.const 0))))
    (if (i32.eq (local.get $what) (i32.const 98)) (then
      (local.set $id (local.get $body)) (local.set $id-len (local.get $body-len))))
    (if (i32.eq (local.get $what) (i32.const 109)) (then (local.set $count (i32.const 1000))))
    (if (i32.eq (local.get $what) (i32.const 110)) (then (local.set $count (i32.const 1001))))
    (call $receipts (local.get $count) (local.get $id) (local.get $id-len) (local.get $body) (local.get $body-len))
    (call $acknowledge (i32.const 200) (i32.const 520) (i32.const 5) (local.get $body) (local.get $body-len))
    (if (i32.eq (local.get $what) (i32.const 115)) (then (i32.store16 (i32.const 1036) (i32.const 99))))
    (if (i32.eq (local.get $what) (i32.const 99)) (then
      (call $text (i32.const 1040) (local.get $body) (local.get $body-len))))
    (i32.const 1024))

  (func (export "auth:connector/sms-receipts@0.1.0#report-conversion")
    (param $config i32) (param $config-len i32) (param i32 i32) (param i32) (param $to i32) (param $to-len i32)
    (param i32) (param i32 i32) (result i32)
    (local $what i32)
    (local.set $what (i32.load8_u (local.get $config)))
    (i32.store8 (i32.const 1024) (i32.const 0))
    (if (i32.eq (local.get $what) (i32.const 97)) (then (return (i32.const 1024))))
    (if (i32.eq (local.get $what) (i32.const 102)) (then
      (if (call $answered (i32.add (local.get $config) (i32.const 1)) (i32.sub (local.get $config-len) (i32.const 1)))
        (then (return (i32.const 1024))))))
    (call $failure (i32.const 1028) (i32.const 11))
    (i32.store8 (i32.const 1024) (i32.const 1))
    (if (i32.eq (local.get $what) (i32.const 120)) (then
      (call $text (i32.const 1032) (local.get $to) (local.get $to-len))))
    (i32.const 1024))
