"""The deployed endpoint under load, under a fuzzer and with processes killed."""
