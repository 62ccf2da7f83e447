-- Create the tree over the audit log.
SELECT 1;
