"""Writers of test evidence. Nothing here imports the library that is tested."""
