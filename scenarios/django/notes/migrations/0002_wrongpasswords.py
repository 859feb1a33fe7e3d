from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notes', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='WrongPasswords',
            fields=[
                ('key', models.CharField(max_length=200, primary_key=True, serialize=False)),
                ('since', models.DateTimeField()),
                ('count', models.PositiveIntegerField()),
            ],
        ),
    ]
