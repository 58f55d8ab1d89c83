ls -la
git status
#1795615325
kubectl get pods -n shop
#1795615400
kubectl -n shop rollout undo deployment/checkout
#1795615390
for pod in $(kubectl get pods -o name); do
  kubectl delete "$pod"
done
#1795615450
mysql -u root -ps3cr3t-hunter -e "update carts set state = 'open'"
#1795615460
export TOKEN=s3cr3t
#1795615470
curl -X POST -H 'Authorization: Bearer s3cr3t9' https://flags.acme.example/api/flags/new-checkout/off
#1795615480
PGPASSWORD=correcthorse9 psql -h db-1 -c "select now()"
#1795615490
kill -9 `pidof searchd`
#1795615490
kill -9 `pidof searchd`
#1795615500
#1795615510
mail eve@acme.example < report.txt
#1795615520000
aws ecs update-service --cluster shop --service cart --desired-count 8
#1795615530
redis-cli -h cache -a s3cr3t FLUSHALL