-- Create tier ladders, standings and credits.
SELECT 1;
