-- Create the key store and the sealed parts of audit events.
SELECT 1;
