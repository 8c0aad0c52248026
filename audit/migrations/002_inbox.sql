-- How far this module has read the feeds of the others.
{{ template "schema/inbox_1.sql" . }}

---- create above / drop below ----

{{ template "schema/inbox_1_down.sql" . }}
