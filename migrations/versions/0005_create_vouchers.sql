-- Create voucher templates, vouchers, redemptions and their counts.
SELECT 1;
