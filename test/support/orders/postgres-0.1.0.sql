-- The tables of orders as 0.1.0 made them on PostgreSQL, by pg_dump: of three triggers there is one.
CREATE FUNCTION rushbench_orders_inserted() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  perform pg_notify('rushbench_orders_inserted', json_agg(key)::text)
  from (
    select key, sum(octet_length(to_json(key)::text) + 2) over (rows unbounded preceding) / 7000 as part
    from (select "order_uid" as key from inserted) as keys
  ) as parts
  group by part;
  return null;
end $$;
CREATE TABLE order_dead_letters (
    id character varying(64) NOT NULL COLLATE pg_catalog."C",
    reason character varying(500) NOT NULL COLLATE pg_catalog."C",
    bytes character varying(1398104) NOT NULL COLLATE pg_catalog."C",
    stored_at bigint NOT NULL
);
COMMENT ON TABLE order_dead_letters IS 'rushbench:orders:76713ab7199b';
CREATE TABLE orders (
    order_uid character varying(64) NOT NULL COLLATE pg_catalog."C",
    body jsonb NOT NULL
);
COMMENT ON TABLE orders IS 'rushbench:orders:9c4ae2f43281';
ALTER TABLE ONLY order_dead_letters
    ADD CONSTRAINT order_dead_letters_pk PRIMARY KEY (id);
ALTER TABLE ONLY orders
    ADD CONSTRAINT orders_pk PRIMARY KEY (order_uid);
CREATE TRIGGER rushbench_orders_inserted AFTER INSERT ON orders REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION rushbench_orders_inserted();
