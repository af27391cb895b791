opens
