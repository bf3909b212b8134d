-- Up Migration

-- The trace that a message belongs to, as the header traceparent of W3C Trace Context; null without tracing.
alter table outbox add column trace_parent text;

-- Down Migration

alter table outbox drop column trace_parent;
