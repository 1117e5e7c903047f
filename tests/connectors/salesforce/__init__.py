"""The Salesforce sink, through the real client package and real sockets, against the bundled simulator."""
