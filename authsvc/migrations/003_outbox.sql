-- What happened in this module, for the feed that other modules read.
{{ template "schema/outbox_1.sql" . }}

---- create above / drop below ----

{{ template "schema/outbox_1_down.sql" . }}
