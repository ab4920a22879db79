-- The same, always on one account.
\set id 1
WITH debited AS (UPDATE accounts SET balance = balance - 1 WHERE id = :id AND balance > 0 RETURNING id, balance)
INSERT INTO movements (account, balance, payload) SELECT id, balance, 'x' FROM debited;
