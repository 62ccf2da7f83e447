-- The baseline of the spend benchmarks: a plain ledger as one writes it in PL/pgSQL. Two balances under row
-- locks in id order, idempotent by (client, key), a transfer and its two entries with the balance after each.
-- No lots, no expiry, no stored refusals, no audit.

CREATE TABLE accounts (
    id bigint PRIMARY KEY,
    balance bigint NOT NULL CHECK (balance >= 0)
) WITH (fillfactor = 70);

CREATE SEQUENCE transfer_ids;

CREATE TABLE transfers (
    id bigint PRIMARY KEY,
    source bigint NOT NULL,
    destination bigint NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    posted_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE entries (
    transfer_id bigint NOT NULL,
    account_id bigint NOT NULL,
    amount bigint NOT NULL,
    balance_after bigint NOT NULL,
    PRIMARY KEY (account_id, transfer_id)
);

CREATE TABLE requests (
    client bigint NOT NULL,
    key text NOT NULL,
    transfer_id bigint NOT NULL,
    PRIMARY KEY (client, key)
);

CREATE FUNCTION transfer(
    client_ bigint, key_ text, source_ bigint, destination_ bigint, amount_ bigint
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    transfer_id_ bigint := nextval('transfer_ids');
    source_balance bigint;
    destination_balance bigint;
BEGIN
    INSERT INTO requests (client, key, transfer_id) VALUES (client_, key_, transfer_id_)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        SELECT transfer_id INTO transfer_id_ FROM requests WHERE client = client_ AND key = key_;
        RETURN transfer_id_;
    END IF;

    PERFORM FROM accounts WHERE id IN (source_, destination_) ORDER BY id FOR UPDATE;

    UPDATE accounts SET balance = balance - amount_
    WHERE id = source_ AND balance >= amount_ RETURNING balance INTO source_balance;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'insufficient funds in account %', source_;
    END IF;
    UPDATE accounts SET balance = balance + amount_
    WHERE id = destination_ RETURNING balance INTO destination_balance;

    INSERT INTO transfers (id, source, destination, amount)
    VALUES (transfer_id_, source_, destination_, amount_);
    INSERT INTO entries (transfer_id, account_id, amount, balance_after)
    VALUES (transfer_id_, source_, -amount_, source_balance),
           (transfer_id_, destination_, amount_, destination_balance);
    RETURN transfer_id_;
END
$$;
