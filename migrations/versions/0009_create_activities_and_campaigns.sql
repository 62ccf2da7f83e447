-- Create activities, campaigns, their budgets, counts and awards.
SELECT 1;
