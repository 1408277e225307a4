"""`python -m protocol_sim` and the console script: hands over to `protocol_sim.cli`."""

from protocol_sim.cli import main

if __name__ == "__main__":
    main()
