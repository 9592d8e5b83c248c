"""The councillors' discussion hub. Start reading at app.py, the route table."""
