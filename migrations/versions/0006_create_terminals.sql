-- Create terminals and allowed networks.
SELECT 1;
