-- The least a prepaid debit can be: one statement, one row changed, one written.
\set id random(1, 1000)
WITH debited AS (UPDATE accounts SET balance = balance - 1 WHERE id = :id AND balance > 0 RETURNING id, balance)
INSERT INTO movements (account, balance, payload) SELECT id, balance, 'x' FROM debited;
